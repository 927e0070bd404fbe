import { Agent, type Answer, type Host, memoryHost, type PendingCall } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { McpClient } from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { hosts } from '../durable/hosts.ts';
import { callTool, connect, connectStub, startModernServer, withoutMarks } from './kit.ts';

function createAgent({ tools }: McpClient, name: string, input = {}) {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call(name, input),
  );
  return new Agent({ name: 'orderer', model, tools });
}

/** Starts a run, and returns its pending call. */
async function suspend(agent: ReturnType<typeof createAgent>, host: Host): Promise<PendingCall> {
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}.`);
  return pending;
}

const resume = ({ fingerprint }: PendingCall, value: Json): Answer => ({ type: 'resume', fingerprint, value });

type AnsweredCall = readonly [pending: PendingCall, answer: Answer];

/** Answers the call, resumes the run, and returns what the model read. */
async function finish(
  agent: ReturnType<typeof createAgent>,
  host: Host,
  [{ id }, answer]: AnsweredCall,
): Promise<string> {
  await host.answer('run', id, answer);
  const outcome = await agent.resume('run', { host }).outcome();
  return withoutMarks(String(outcome.messages.find(({ role }) => role === 'tool')?.content));
}

test.each(hosts)(
  'a question of an MCP server suspends the run, and another client goes on with its answer, on $name',
  async ({ open }) => {
    const server = await startModernServer();
    const host = open();
    const first = await connect({ name: 'shop', url: server.url });
    expect(first.era).toBe('modern');
    const pending = await suspend(createAgent(first, 'shop__order', { dish: 'tea' }), host);
    expect(pending).toMatchObject({ reason: 'suspended', input: { dish: 'tea' } });
    expect(pending.preview).toMatchObject({
      tool: 'shop/order',
      requests: { size: { message: 'Which size?', requestedSchema: { properties: { size: { type: 'string' } } } } },
    });
    expect(JSON.stringify(pending)).not.toContain('seven');
    await first.close();
    const second = await connect({ name: 'shop', url: server.url });
    const answer = resume(pending, { size: { action: 'accept', content: { size: 'large' } } });
    expect(await finish(createAgent(second, 'shop__order', { dish: 'tea' }), host, [pending, answer])).toBe(
      'tea in large, for table seven',
    );
    expect(server.legs).toEqual([
      'order tea null',
      'order tea {"size":{"action":"accept","content":{"size":"large"}}}',
    ]);
  },
);

test('a declined question of an MCP server is declined at the server', async () => {
  const server = await startModernServer();
  const host = memoryHost();
  const agent = createAgent(await connect({ name: 'shop', url: server.url }), 'shop__order', { dish: 'tea' });
  const pending = await suspend(agent, host);
  expect(await finish(agent, host, [pending, resume(pending, { size: { action: 'decline' } })])).toBe('no order');
});

test('a denied question of an MCP server denies the call', async () => {
  const server = await startModernServer();
  const host = memoryHost();
  const agent = createAgent(await connect({ name: 'shop', url: server.url }), 'shop__order', { dish: 'tea' });
  const pending = await suspend(agent, host);
  const { fingerprint } = pending;
  expect(await finish(agent, host, [pending, { type: 'deny', fingerprint, reason: 'Too late.' }])).toContain(
    'Too late.',
  );
  expect(server.legs).toHaveLength(1);
});

test('two rounds of questions suspend the run twice, each with its own state', async () => {
  const server = await startModernServer();
  const host = memoryHost();
  const agent = createAgent(await connect({ name: 'shop', url: server.url }), 'shop__ask_twice');
  const first = await suspend(agent, host);
  const accept = { action: 'accept', content: { size: 's' } };
  await host.answer('run', first.id, resume(first, { first: accept }));
  const outcome = await agent.resume('run', { host }).outcome();
  const [second] = outcome.status === 'suspended' ? outcome.pending : [];
  if (second === undefined) throw new Error('The run is not suspended again.');
  expect(await finish(agent, host, [second, resume(second, { second: accept })])).toBe('both, after second');
  expect(server.legs).toEqual(['ask_twice ', 'ask_twice first', 'ask_twice second']);
});

test.each<readonly [value: Json, problem: string]>([
  ['yes', 'it is no object'],
  [{}, 'size has no valid action'],
  [{ size: { action: 'agree' } }, 'size has no valid action'],
  [{ size: { action: 'accept', content: 'large' } }, 'size.content is no object'],
  [{ other: { action: 'accept' } }, 'there is no question "other". The questions are size'],
])('an answer that does not fit the questions is asked for again: %j', async (value, problem) => {
  const server = await startModernServer();
  const host = memoryHost();
  const agent = createAgent(await connect({ name: 'shop', url: server.url }), 'shop__order', { dish: 'tea' });
  const pending = await suspend(agent, host);
  await host.answer('run', pending.id, resume(pending, value));
  const outcome = await agent.resume('run', { host }).outcome();
  const [again] = outcome.status === 'suspended' ? outcome.pending : [];
  expect(again?.preview).toMatchObject({ problem: expect.stringContaining(problem) });
  // The server gets no such answer.
  expect(server.legs).toHaveLength(1);
});

test('a page to visit is shown with its URL, and answered by an action', async () => {
  const server = await startModernServer();
  const host = memoryHost();
  const agent = createAgent(await connect({ name: 'shop', url: server.url }), 'shop__visit');
  const pending = await suspend(agent, host);
  expect(pending.preview).toMatchObject({ requests: { pay: { mode: 'url', url: 'https://example.com/pay' } } });
  expect(await finish(agent, host, [pending, resume(pending, { pay: { action: 'accept' } })])).toBe(
    '{"pay":{"action":"accept"}}',
  );
});

test('a handler answers questions of an MCP server within the call', async () => {
  const server = await startModernServer();
  const asked: unknown[] = [];
  const client = await connect({
    name: 'shop',
    url: server.url,
    onElicitation: ({ message }, toolContext) => {
      asked.push([message, toolContext?.toolCallId]);
      return { action: 'accept', content: { size: 'small' } };
    },
  });
  const { content } = await callTool(client, 'shop__order', { dish: 'tea' });
  expect(content).toBe('tea in small, for table seven');
  expect(asked).toEqual([['Which size?', 'call_1']]);
});

test('questions of an MCP server are declined if the option says so', async () => {
  const server = await startModernServer();
  const client = await connect({ name: 'shop', url: server.url, onElicitation: 'decline' });
  expect((await callTool(client, 'shop__order', { dish: 'tea' })).content).toBe('no order');
});

test('an MCP server that never stops asking fails the call after ten rounds', async () => {
  const server = await startModernServer();
  const client = await connect({ name: 'shop', url: server.url, onElicitation: 'decline' });
  const { content } = await callTool(client, 'shop__ask_forever');
  expect(content).toContain('The tool asked 10 times');
});

test('an MCP server that asks for something else than an elicitation fails the call', async () => {
  const server = await startModernServer();
  const client = await connect({ name: 'shop', url: server.url });
  const { failed, outcome } = await callTool(client, 'shop__sample');
  expect(failed?.error.message).toMatch(/roots/);
  expect(outcome.status).toBe('completed');
});

test('a question of a server of the revision 2025-11-25 is declined, and the log says why', async () => {
  const client = await connectStub();
  const lines: string[] = [];
  client.on('log', ({ message }) => lines.push(message));
  expect((await callTool(client, 'stub__ask')).content).toBe('{"action":"decline"}');
  expect(lines.join()).toContain('2025-11-25 cannot wait for a suspended run');
});

test('a handler answers a question of a server of the revision 2025-11-25', async () => {
  const client = await connectStub({ onElicitation: () => ({ action: 'accept', content: { city: 'Rome' } }) });
  expect((await callTool(client, 'stub__ask')).content).toBe('{"action":"accept","content":{"city":"Rome"}}');
});
