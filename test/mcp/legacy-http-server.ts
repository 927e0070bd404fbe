import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface LegacyHttpServer {
  readonly url: string;
  /** The names of the called tools, in order. */
  readonly calls: readonly string[];
  readonly requests: readonly { readonly method: string; readonly headers: IncomingMessage['headers'] }[];
  /** Forgets the sessions, as a server does that restarts. */
  forgetSessions(): void;
  /** The status of further `tools/call`. */
  failWith(status: number | undefined): void;
  close(): void;
}

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly name?: string };
}

/**
 * Starts a server of the revision 2025-11-25 over HTTP, with sessions, by hand:
 * - `echo` responds.
 * - `cut` ends the stream of the response before the response, the first time.
 * - `reset` resets the connection, the first time.
 */
export async function openLegacyHttpServer(): Promise<LegacyHttpServer> {
  const calls: string[] = [];
  const requests: { method: string; headers: IncomingMessage['headers'] }[] = [];
  let sessions = new Set<string>();
  let status: number | undefined;
  const isFirst = (name: string): boolean => calls.filter((each) => each === name).length === 1;

  function respond(message: Message, response: ServerResponse): void {
    const { id, method, params = {} } = message;
    const sendResult = (result: object): void => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    };
    if (method === 'initialize') {
      const session = `session-${requests.length}`;
      sessions.add(session);
      response.setHeader('mcp-session-id', session);
      sendResult({
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'legacy', version: '1' },
      });
    } else if (id === undefined) response.writeHead(202).end();
    else if (method === 'tools/list') {
      sendResult({ tools: ['cut', 'echo', 'reset'].map((name) => ({ name, inputSchema: { type: 'object' } })) });
    } else if (method === 'tools/call') {
      if (status !== undefined) return void response.writeHead(status).end('refused');
      const name = String(params.name);
      calls.push(name);
      if (name === 'cut' && isFirst(name)) {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': working\n\n', () => response.end());
      } else if (name === 'reset' && isFirst(name)) response.socket?.resetAndDestroy();
      else sendResult({ content: [{ type: 'text', text: `${name} ${calls.length}` }] });
    } else {
      const error = { code: -32_601, message: 'Method not found' };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }
  }

  // By hand: an MCP server, not one of models.
  const http = createServer((request, response) => {
    requests.push({ method: String(request.method), headers: request.headers });
    if (request.url !== '/mcp') return void response.writeHead(404).end();
    if (request.method !== 'POST') return void response.writeHead(405).end();
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const message: Message = JSON.parse(body);
      const session = request.headers['mcp-session-id'];
      if (message.method !== 'initialize' && message.method !== 'server/discover' && !sessions.has(String(session))) {
        return void response.writeHead(404).end('No such session.');
      }
      respond(message, response);
    });
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const address = http.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/mcp`,
    calls,
    requests,
    forgetSessions: () => {
      sessions = new Set();
    },
    failWith: (next) => {
      status = next;
    },
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
}
