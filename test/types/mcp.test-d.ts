import { Agent, type ChatModel, tool } from '@pawl/core';
import { createMcpClient, type McpClient } from '@pawl/mcp';
import { createAgentServer } from '@pawl/mcp/server';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const client: McpClient;
declare const model: ChatModel;

test('the tools of an MCP client fit an agent beside tools that need a context', async () => {
  const own = tool({
    name: 'own',
    input: z.object({}),
    execute: (_, { context }: { readonly context: { readonly user: string } }) => context.user,
  });
  const plain = new Agent({ model, tools: client.tools });
  expectTypeOf((await plain.run('Go.')).output).toEqualTypeOf<string>();
  const agent = new Agent({ model, tools: [...client.tools, own] });
  await agent.run('Go.', { context: { user: 'ann' } });
  // @ts-expect-error: one of its tools needs a context
  await agent.run('Go.');
});

test('an MCP client needs a name and a server', () => {
  expectTypeOf(createMcpClient({ name: 'a', command: 'server' })).resolves.toEqualTypeOf<McpClient>();
  // @ts-expect-error: there is no server
  void createMcpClient({ name: 'a' });
  // @ts-expect-error: there is no name
  void createMcpClient({ url: 'http://127.0.0.1' });
  client.on('changed', ({ added }) => expectTypeOf(added).toEqualTypeOf<readonly string[]>());
  // @ts-expect-error: there is no such event
  client.on('change', () => {});
});

test('agents of any context and output can be served', () => {
  const structured = new Agent({ model, output: z.object({ a: z.number() }) });
  const needy = new Agent<{ readonly user: string }>({ model, instructions: ({ user }) => user });
  createAgentServer([structured, { agent: needy, description: 'Helps.' }], { context: () => ({ user: 'ann' }) });
  // @ts-expect-error: a model is no agent
  createAgentServer([model]);
});
