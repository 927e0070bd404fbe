import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { openLegacyHttpServer } from '../../../test/mcp/legacy-http-server.ts';
import { openModernServer } from '../../../test/mcp/modern-server.ts';
import { readLines, stubCommand } from '../../../test/mcp/stub-command.ts';
import type { OfferedServer } from './mcp-framework.ts';

export interface OpenServers {
  readonly offered: readonly OfferedServer[];
  readonly readLines: () => readonly string[];
  /** Forgets the sessions, as a server does that restarts. */
  readonly forgetSessions?: () => void;
  readonly close: () => unknown;
}

/** A server over stdio, which the framework starts. */
export async function openStub(file: string, env: Readonly<Record<string, string>> = {}): Promise<OpenServers> {
  const { command, args = [] } = stubCommand(file);
  return { offered: [{ name: 'stub', command, args, env }], readLines: () => readLines(file), close: () => {} };
}

/** Two servers over stdio with the same tools. */
export async function openTwoStubs(file: string): Promise<OpenServers> {
  const { offered, ...others } = await openStub(file);
  return { ...others, offered: offered.flatMap((server) => ['one', 'two'].map((name) => ({ ...server, name }))) };
}

/** A process that reads its input and says nothing. */
export async function openMute(file: string): Promise<OpenServers> {
  const program = 'process.stdin.resume()';
  const offered = [{ name: 'mute', command: process.execPath, args: ['-e', program, file] }];
  return { offered, readLines: () => readLines(file), close: () => {} };
}

/** A server of the revision 2025-11-25 over HTTP. */
export async function openHttp(): Promise<OpenServers> {
  const { url, calls, forgetSessions, close } = await openLegacyHttpServer();
  return { offered: [{ name: 'legacy', url }], readLines: () => calls, forgetSessions, close };
}

/** A server of the revision 2026-07-28 over HTTP. */
export async function openModern(): Promise<OpenServers> {
  const { url, legs, close } = await openModernServer();
  return { offered: [{ name: 'modern', url }], readLines: () => legs, close };
}

/** A server over HTTP that redirects to another server. The lines are the headers of the requests that reach it. */
export async function openRedirect(): Promise<OpenServers> {
  const lines: string[] = [];
  const other = await listen((request, response) => {
    lines.push(`key ${request.headers['x-api-key']}`);
    response.writeHead(404).end();
  });
  const first = await listen((_, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  const close = (): void => {
    other.close();
    first.close();
  };
  const offered = [{ name: 'moved', url: first.url, headers: { 'x-api-key': 'secret' } }];
  return { offered, readLines: () => lines, close };
}

async function listen(listener: RequestListener): Promise<{ readonly url: string; readonly close: () => void }> {
  // By hand: an MCP server, not one of models.
  const http = createServer(listener);
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const address = http.address();
  const close = (): void => {
    http.closeAllConnections();
    http.close();
  };
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/mcp`, close };
}
