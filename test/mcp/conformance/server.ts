// The server that the conformance suite of MCP tests: agents. Prints its URL: node server.ts
import { once } from 'node:events';
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Agent, memoryHost, type Tool, tool } from '@pawl/core';
import { createAgentServer, type ServedAgent } from '@pawl/mcp/server';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const NO_INPUT = { type: 'object', properties: {} };

function createAgent(
  name: string,
  answer: () => ReturnType<typeof respond.text>,
  tools: readonly Tool<unknown>[] = [],
): ServedAgent {
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return respond.text(String(last.content));
    return answer();
  });
  const agent = new Agent({ name, description: `Answers as the scenario ${name} expects.`, model, tools });
  return { agent, input: NO_INPUT, prompt: () => 'Go.' };
}

const failing = tool({
  name: 'fail',
  input: z.object({}),
  execute: () => {
    throw new Error('This tool intentionally returns an error for testing');
  },
});

const server = createAgentServer(
  [
    createAgent('test_simple_text', () => respond.text('This is a simple text response for testing.')),
    createAgent('test_error_handling', () => respond.text('')),
    createAgent('test_fail', () => respond.call('fail'), [failing]),
  ],
  { host: memoryHost(), secret: 'a secret of at least thirty-two bytes', name: 'pawl-conformance' },
);
const handle = toNodeHandler({ fetch: (request) => server.fetch(request) });
// By hand: the agent server under test, on a server of Node.
const http = createServer((request, response) => void handle(request as Parameters<typeof handle>[0], response));
await once(http.listen(0, '127.0.0.1'), 'listening');
const address = http.address();
console.log(`http://localhost:${typeof address === 'object' ? address?.port : 0}/mcp`);
