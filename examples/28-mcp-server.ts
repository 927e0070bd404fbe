// An agent as an MCP server: a client of the MCP SDK calls it, and the approval that the agent needs becomes a question to that client.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, memoryHost, tool } from '@pawl/core';
import { createAgentServer } from '@pawl/mcp/server';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const refund = tool({
  name: 'refund',
  description: 'Pays money back.',
  input: z.object({ order: z.number(), amount: z.number() }),
  needsApproval: true,
  preview: ({ order, amount }) => `${amount} EUR for order ${order}`,
  execute: ({ amount }) => `paid ${amount} EUR back`,
});
const model = scriptedModel(({ messages }) =>
  messages.at(-1)?.role === 'tool'
    ? respond.text(`Done: ${messages.at(-1)?.content}.`)
    : respond.call('refund', { order: 7, amount: 20 }),
);
const agent = new Agent({ name: 'refunds', description: 'Refunds orders.', model, tools: [refund] });

// Over stdio: server.stdio(). In an HTTP server: server.fetch, with authorize.
const server = createAgentServer([agent], { host: memoryHost(), instructions: 'Name the order.' });

const client = new Client(
  { name: 'desk', version: '1.0.0' },
  { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: 'auto' } },
);
client.setRequestHandler('elicitation/create', ({ params: { message } }) => {
  console.log(`The server asks: ${message.replace('\n', ' ')}`);
  return { action: 'accept', content: { decision: 'approve' } };
});
const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
  // Here without a socket.
  fetch: (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('host', 'localhost');
    return server.fetch(new Request(url, { ...init, headers }));
  },
});
await client.connect(transport);
const { tools } = await client.listTools();
console.log(tools.map(({ name, description }) => `${name}: ${description}`).join('\n'));
const { content } = await client.callTool({ name: 'refunds', arguments: { prompt: 'Refund order 7.' } });
console.log(content.map((part) => (part.type === 'text' ? part.text : part.type)).join());
await client.close();
await server.close();
