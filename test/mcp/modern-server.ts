import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

export interface ModernServer {
  readonly url: string;
  /** A line for each leg of a call. */
  readonly legs: readonly string[];
  /** The requests, with their headers. */
  readonly requests: readonly IncomingMessage[];
  /** Tells clients that the list has changed. */
  readonly notify: () => void;
  close(): Promise<void>;
}

const order = z.object({ size: z.string() });

function buildServer(legs: string[]): McpServer {
  const server = new McpServer({ name: 'modern', version: '1.0.0' }, { instructions: 'Order politely.' });
  const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text: value }) => text(value));
  server.registerTool(
    'order',
    { description: 'Orders.', inputSchema: z.object({ dish: z.string() }) },
    ({ dish }, context) => {
      const { inputResponses } = context.mcpReq;
      legs.push(`order ${dish} ${JSON.stringify(inputResponses ?? null)}`);
      const answer = acceptedContent(inputResponses, 'size', order);
      if (answer !== undefined) return text(`${dish} in ${answer.size}, for table ${context.mcpReq.requestState()}`);
      if (inputResponses !== undefined) return text('no order');
      return inputRequired({
        inputRequests: { size: inputRequired.elicit({ message: 'Which size?', requestedSchema: order }) },
        requestState: 'seven',
      });
    },
  );
  server.registerTool('ask_forever', { inputSchema: z.object({}) }, () =>
    inputRequired({ inputRequests: { again: inputRequired.elicit({ message: 'Again?', requestedSchema: order }) } }),
  );
  server.registerTool('ask_twice', { inputSchema: z.object({}) }, (_, context) => {
    const { inputResponses } = context.mcpReq;
    legs.push(`ask_twice ${Object.keys(inputResponses ?? {}).join()}`);
    if (inputResponses?.['second'] !== undefined) return text(`both, after ${context.mcpReq.requestState()}`);
    const key = inputResponses?.['first'] === undefined ? 'first' : 'second';
    return inputRequired({
      inputRequests: { [key]: inputRequired.elicit({ message: `The ${key}?`, requestedSchema: order }) },
      requestState: key,
    });
  });
  server.registerTool('visit', { inputSchema: z.object({}) }, (_, context) => {
    const { inputResponses } = context.mcpReq;
    if (inputResponses !== undefined) return text(JSON.stringify(inputResponses));
    const url = inputRequired.elicitUrl({ message: 'Please pay.', url: 'https://example.com/pay' });
    return inputRequired({ inputRequests: { pay: url } });
  });
  server.registerTool('sample', { inputSchema: z.object({}) }, () =>
    inputRequired({ inputRequests: { roots: { method: 'roots/list' } as never } }),
  );
  return server;
}

/** Starts a server of the revision 2026-07-28 over HTTP, which has no state. It answers clients of 2025-11-25 too. */
export async function openModernServer({ port = 0 }: { readonly port?: number } = {}): Promise<ModernServer> {
  const legs: string[] = [];
  const requests: IncomingMessage[] = [];
  const handler = createMcpHandler(() => buildServer(legs));
  const handle = toNodeHandler(handler);
  // By hand: an MCP server, not one of models.
  const http = createServer((request, response) => {
    requests.push(request);
    void handle(request as Parameters<typeof handle>[0], response); // Its types are looser than ours.
  });
  await once(http.listen(port, '127.0.0.1'), 'listening');
  const address = http.address();
  const close = async (): Promise<void> => {
    await handler.close();
    http.closeAllConnections();
    http.close();
  };
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/mcp`,
    legs,
    requests,
    notify: () => handler.notify.toolsChanged(),
    close,
  };
}
