import { setImmediate } from 'node:timers/promises';
import { Agent, jsonSchema, memoryConversations, memoryHost, tool } from '@pawl/core';
import { bearer } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseMessages } from './event-client.ts';
import {
  createEchoAgent,
  createEchoModel,
  createRefundAgent,
  createWeatherAgent,
  type RunningServer,
  startServer,
  withKey,
} from './serve-agents.ts';

async function suspend({
  send,
}: RunningServer): Promise<{ id: string; pending: { id: string; fingerprint: string }[] }> {
  const created = await send('/v1/runs', { agent: 'refunds', input: 'Refund order 7.' });
  expect(created.status).toBe(201);
  return created.json();
}

describe('POST /v1/runs', () => {
  test('answers with the run when it has ended', async () => {
    const { send } = await startServer({ agents: [createWeatherAgent()] });
    const created = await send('/v1/runs', { agent: 'weather', input: 'Weather?', metadata: { page: 3 } });
    expect(created.status).toBe(201);
    const run = await created.json();
    expect(created.headers.get('pawl-run-id')).toBe(run.id);
    expect(run).toMatchObject({
      agent: 'weather',
      status: 'completed',
      metadata: { page: 3 },
      pending: [],
      error: null,
    });
    expect(run.outcome).toMatchObject({ text: 'It is sunny in Rome.' });
    expect(run.outcome).not.toHaveProperty('messages');
    expect(await (await send(`/v1/runs/${run.id}`)).json()).toEqual(run);
  });

  test('answers at once with a run in the background', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const model = scriptedModel([respond.delayed(respond.text('Late.'), { until: promise })]);
    const { send } = await startServer({ agents: [createEchoAgent({ model })], onDisconnect: 'abort' });
    const run = await (await send('/v1/runs', { agent: 'echo', input: 'Hi.', background: true })).json();
    expect(run.status).toBe('running');
    resolve();
    await (await send(`/v1/runs/${run.id}/events`)).text();
    expect(await (await send(`/v1/runs/${run.id}`)).json()).toMatchObject({
      status: 'completed',
      outcome: { text: 'Late.' },
    });
  });

  test('lowers the limits of the agent, and never raises them', async () => {
    const model = scriptedModel(({ messages }) => respond.call('get_weather', { city: `City ${messages.length}` }));
    const agent = createWeatherAgent().with({ model, limits: { turns: 3 } });
    const { send } = await startServer({ agents: [agent] });
    const raised = await (await send('/v1/runs', { agent: 'weather', input: 'Go.', limits: { turns: 90 } })).json();
    expect(raised.outcome).toMatchObject({ limit: 'turns', max: 3 });
    const lowered = await (await send('/v1/runs', { agent: 'weather', input: 'Go.', limits: { turns: 2 } })).json();
    expect(lowered.outcome).toMatchObject({ limit: 'turns', max: 2 });
  });

  test('never raises a limit that the agent has by default', async () => {
    const host = memoryHost();
    const { send } = await startServer({ agents: [createEchoAgent()], host });
    const limits = { turns: 90, handoffs: 90, toolCalls: 5 };
    const { id } = await (await send('/v1/runs', { agent: 'echo', input: 'Hi.', limits })).json();
    expect((await host.getRun(id)).record.limits).toEqual({ turns: 20, handoffs: 10, toolCalls: 5 });
  });

  test('refuses a cost limit for a model without a price', async () => {
    const { send: sendToModel } = createEchoModel();
    const { send } = await startServer({ agents: [createEchoAgent({ model: { name: 'own', send: sendToModel } })] });
    const refused = await send('/v1/runs', { agent: 'echo', input: 'Hi.', limits: { cost: 1 } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: 'limits.cost', code: 'invalid_value' } });
  });

  test.each([
    [{ input: 'Hi.' }, 'agent'],
    [{ agent: 'none', input: 'Hi.' }, 'agent'],
    [{ agent: 'echo' }, 'messages'],
    [{ agent: 'echo', input: 7 }, 'input'],
    [{ agent: 'echo', input: 'Hi.', messages: [] }, 'messages'],
    [{ agent: 'echo', input: 'Hi.', runId: 'mine' }, 'runId'],
    [{ agent: 'echo', input: 'Hi.', owner: 'bob' }, 'owner'],
    [{ agent: 'echo', input: 'Hi.', limits: { turns: 0 } }, 'limits.turns'],
    [{ agent: 'echo', input: 'Hi.', limits: { steps: 1 } }, 'limits.steps'],
    [{ agent: 'echo', input: 'Hi.', metadata: 'x' }, 'metadata'],
    [
      { agent: 'echo', messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
      'messages[0].content[0].file.file_id',
    ],
  ])('refuses %j and starts nothing', async (body, param) => {
    const host = memoryHost();
    const { send } = await startServer({ agents: [createEchoAgent()], host });
    const refused = await send('/v1/runs', body);
    expect([400, 404]).toContain(refused.status);
    expect(await refused.json()).toMatchObject({ error: { param } });
    expect(await host.listRuns()).toEqual([]);
  });
});

test('GET /v1/runs lists the newest first, page by page', async () => {
  const { send } = await startServer({ agents: [createEchoAgent(), createWeatherAgent()] });
  for (const input of ['1', '2', '3']) await send('/v1/runs', { agent: 'echo', input });
  await send('/v1/runs', { agent: 'weather', input: '4' });
  const texts: string[] = [];
  for (let after = ''; ; ) {
    const page = await (await send(`/v1/runs?limit=2&agent=echo${after}`)).json();
    texts.push(...page.data.map((run: { outcome: { text: string } }) => run.outcome.text));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  expect(texts).toEqual(['You wrote: 3', 'You wrote: 2', 'You wrote: 1']);
  expect((await send('/v1/runs?status=done')).status).toBe(400);
  expect((await send('/v1/runs?limit=1000')).status).toBe(400);
  expect((await send('/v1/runs?page=2')).status).toBe(400);
});

describe('GET /v1/runs/{id}/events', () => {
  test('sends every event once, with ids, and an end', async () => {
    const { send } = await startServer({ agents: [createWeatherAgent()] });
    const response = await send(
      '/v1/runs',
      { agent: 'weather', input: 'Go.' },
      { headers: { accept: 'text/event-stream' } },
    );
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const messages = parseMessages(await response.text());
    const types = messages.map(({ data }) => JSON.parse(data).type);
    expect(types.filter((type) => type === 'model.responded')).toHaveLength(2);
    expect(types).toContain('text.delta');
    expect(types.at(-2)).toBe('run.finished');
    expect(messages.at(-1)?.event).toBe('end');
  });

  test('sends lines of JSON, and the journal alone', async () => {
    const { send } = await startServer({ agents: [createWeatherAgent()] });
    const run = await (await send('/v1/runs', { agent: 'weather', input: 'Go.' })).json();
    const response = await send(`/v1/runs/${run.id}/events?journal=only`, undefined, {
      headers: { accept: 'application/x-ndjson' },
    });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event, end }) => event?.type ?? end)).toEqual([
      'run.started',
      'model.responded',
      'tool.finished',
      'model.responded',
      'run.finished',
      true,
    ]);
    const rest = await (await send(`/v1/runs/${run.id}/events?after=${lines[2].cursor}`)).text();
    expect(parseMessages(rest).map(({ data }) => JSON.parse(data).type)).toEqual([
      'model.responded',
      'run.finished',
      undefined,
    ]);
  });

  test('keeps instructions, whole conversations and metadata back unless details are asked for', async () => {
    const agent = new Agent({
      name: 'a',
      instructions: 'The secret word is plum.',
      model: scriptedModel(() => respond.text('Hello.')),
    });
    for (const details of [false, true]) {
      const { send } = await startServer({ agents: [agent], details });
      const run = await (await send('/v1/runs', { agent: 'a', input: 'What is it?' })).json();
      const text = await (await send(`/v1/runs/${run.id}/events`)).text();
      expect(text.includes('plum')).toBe(details);
      expect(text.includes('What is it?')).toBe(details);
    }
  });

  test('shows only that a tool has ended with toolOutput "status"', async () => {
    const { send } = await startServer({ agents: [createWeatherAgent()], toolOutput: 'status' });
    const run = await (await send('/v1/runs', { agent: 'weather', input: 'Go.' })).json();
    const events = parseMessages(await (await send(`/v1/runs/${run.id}/events`)).text()).map(({ data }) =>
      JSON.parse(data),
    );
    const finished = events.find(({ type }) => type === 'tool.finished');
    expect(finished).toMatchObject({ toolName: 'get_weather' });
    expect(finished).not.toHaveProperty('output');
    expect(finished).not.toHaveProperty('content');
  });
});

describe('POST /v1/runs/{id}/answers', () => {
  test('approves a call, which then runs once', async () => {
    const refunds: number[] = [];
    const server = await startServer({ agents: [createRefundAgent({ refunds })] });
    const { id, pending } = await suspend(server);
    const [call] = pending;
    const answer = { type: 'approve', fingerprint: call?.fingerprint };
    const answered = await server.send(`/v1/runs/${id}/answers`, { pending: call?.id, answer });
    expect(answered.status).toBe(200);
    await (await server.send(`/v1/runs/${id}/events`)).text();
    expect(await (await server.send(`/v1/runs/${id}`)).json()).toMatchObject({
      status: 'completed',
      outcome: { text: 'Result: Order 7 is refunded.' },
    });
    expect(refunds).toEqual([7]);
    const again = await server.send(`/v1/runs/${id}/answers`, { pending: call?.id, answer });
    expect(again.status).toBe(422);
    expect(await again.json()).toMatchObject({ error: { code: expect.stringMatching(/^approval\./) } });
    expect(refunds).toEqual([7]);
  });

  test('approves later calls with a call only if its tool offers that', async () => {
    const paid: number[] = [];
    const pay = tool({
      name: 'pay',
      input: jsonSchema<{ readonly amount: number }>({ type: 'object', properties: { amount: { type: 'number' } } }),
      needsApproval: true,
      standingApproval: () => ({ currency: 'EUR' }),
      execute: ({ amount }) => paid.push(amount),
    });
    const calls = [respond.call('pay', { amount: 1 }), respond.call('pay', { amount: 2 }), respond.text('Paid.')];
    const payer = new Agent({ name: 'payer', model: scriptedModel(calls), tools: [pay] });
    const server = await startServer({ agents: [payer, createRefundAgent({ refunds: [] })] });
    const { id, pending } = await (await server.send('/v1/runs', { agent: 'payer', input: 'Pay.' })).json();
    expect(pending).toMatchObject([{ standingApproval: { currency: 'EUR' } }]);
    const answer = { type: 'approve', always: true, fingerprint: pending[0].fingerprint };
    expect((await server.send(`/v1/runs/${id}/answers`, { pending: pending[0].id, answer })).status).toBe(200);
    await (await server.send(`/v1/runs/${id}/events`)).text();
    const run = await (await server.send(`/v1/runs/${id}`)).json();
    expect(run).toMatchObject({ status: 'completed', outcome: { text: 'Paid.' } });
    expect(run.outcome).not.toHaveProperty('standingApprovals');
    expect(paid).toEqual([1, 2]);
    const other = await suspend(server);
    const refused = await server.send(`/v1/runs/${other.id}/answers`, {
      pending: other.pending[0]?.id,
      answer: { type: 'approve', always: true, fingerprint: other.pending[0]?.fingerprint },
    });
    expect(await refused.json()).toMatchObject({ error: { code: 'approval.invalid' } });
  });

  test('refuses a wrong fingerprint and an unknown call, and keeps the run', async () => {
    const refunds: number[] = [];
    const server = await startServer({ agents: [createRefundAgent({ refunds })] });
    const { id, pending } = await suspend(server);
    const forged = await server.send(`/v1/runs/${id}/answers`, {
      pending: pending[0]?.id,
      answer: { type: 'approve', fingerprint: 'forged' },
    });
    expect(forged.status).toBe(422);
    expect(await forged.json()).toMatchObject({ error: { code: 'approval.mismatch' } });
    const unknown = await server.send(`/v1/runs/${id}/answers`, {
      pending: 'approval:9.9',
      answer: { type: 'approve', fingerprint: 'x' },
    });
    expect(unknown.status).toBe(422);
    expect(refunds).toEqual([]);
    expect(await (await server.send(`/v1/runs/${id}`)).json()).toMatchObject({ status: 'suspended' });
  });
});

describe('POST /v1/runs/{id}/…', () => {
  test('messages: a suspended run goes on with the message in place of an answer', async () => {
    const refunds: number[] = [];
    const server = await startServer({ agents: [createRefundAgent({ refunds })] });
    const { id } = await suspend(server);
    const sent = await server.send(`/v1/runs/${id}/messages`, { message: 'Leave it.' });
    expect(await sent.json()).toEqual({ isRecorded: true });
    await (await server.send(`/v1/runs/${id}/events`)).text();
    expect(refunds).toEqual([]);
    await server.send(`/v1/runs/${id}/cancel`, {});
    await (await server.send(`/v1/runs/${id}/events`)).text();
    expect((await server.send(`/v1/runs/${id}/messages`, { message: 'Too late.' })).status).toBe(422);
  });

  test('messages: a run at work gets the message with its next request', async () => {
    const model = scriptedModel(({ messages }) => {
      const isSteered = messages.some(({ role, content }) => role === 'user' && content === 'In French.');
      return isSteered ? respond.text('Bonjour.') : respond.call('work');
    });
    const work = tool({ name: 'work', input: jsonSchema({ type: 'object' }), execute: () => setImmediate('done') });
    // Works until the message is there.
    const agent = new Agent({ name: 'busy', model, tools: [work], limits: { turns: 1_000_000 } });
    const { send } = await startServer({ agents: [agent] });
    const run = await (await send('/v1/runs', { agent: 'busy', input: 'Hi.', background: true })).json();
    const sent = await send(`/v1/runs/${run.id}/messages`, { message: 'In French.' });
    expect(await sent.json()).toEqual({ isRecorded: true });
    await (await send(`/v1/runs/${run.id}/events`)).text();
    expect(await (await send(`/v1/runs/${run.id}`)).json()).toMatchObject({ outcome: { text: 'Bonjour.' } });
  });

  test('cancel: ends a suspended run with a reason', async () => {
    const server = await startServer({ agents: [createRefundAgent()] });
    const { id } = await suspend(server);
    expect((await server.send(`/v1/runs/${id}/cancel`, { reason: 7 })).status).toBe(400);
    expect((await server.send(`/v1/runs/${id}/cancel`, { reason: 'Too late.' })).status).toBe(200);
    await (await server.send(`/v1/runs/${id}/events`)).text();
    expect(await (await server.send(`/v1/runs/${id}`)).json()).toMatchObject({
      status: 'aborted',
      outcome: { reason: 'Too late.' },
      error: { code: 'run.aborted' },
    });
  });

  test('cancel: without a body ends a run at work', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const model = scriptedModel([respond.delayed(respond.text('Never.'), { until: promise })]);
    const { send, url } = await startServer({ agents: [createEchoAgent({ model })] });
    const run = await (await send('/v1/runs', { agent: 'echo', input: 'Hi.', background: true })).json();
    expect((await fetch(`${url}/v1/runs/${run.id}/cancel`, { method: 'POST' })).status).toBe(200);
    await (await send(`/v1/runs/${run.id}/events`)).text();
    expect(await (await send(`/v1/runs/${run.id}`)).json()).toMatchObject({ status: 'aborted' });
  });

  test('fork: an operator begins a run before a step, and the approved call is asked for again', async () => {
    const refunds: number[] = [];
    const server = await startServer({ agents: [createRefundAgent({ refunds })] });
    const { id, pending } = await suspend(server);
    await server.send(`/v1/runs/${id}/answers`, {
      pending: pending[0]?.id,
      answer: { type: 'approve', fingerprint: pending[0]?.fingerprint },
    });
    await (await server.send(`/v1/runs/${id}/events`)).text();
    expect(refunds).toEqual([7]);
    const forked = await server.send(`/v1/runs/${id}/fork`, { before: 'tool:1.0:refund' });
    expect(forked.status).toBe(201);
    const { id: fork } = await forked.json();
    await (await server.send(`/v1/runs/${fork}/events`)).text();
    expect(await (await server.send(`/v1/runs/${fork}`)).json()).toMatchObject({ status: 'suspended' });
    expect(refunds).toEqual([7]);
  });

  test('DELETE: removes an ended run, and refuses one that has not ended', async () => {
    const server = await startServer({ agents: [createRefundAgent(), createEchoAgent()] });
    const { id } = await suspend(server);
    expect((await server.send(`/v1/runs/${id}`, undefined, { method: 'DELETE' })).status).toBe(422);
    const run = await (await server.send('/v1/runs', { agent: 'echo', input: 'Hi.' })).json();
    expect((await server.send(`/v1/runs/${run.id}`, undefined, { method: 'DELETE' })).status).toBe(204);
    expect((await server.send(`/v1/runs/${run.id}`)).status).toBe(404);
  });
});

describe('conversations', () => {
  test('a run of a conversation begins with its messages, and GET shows them with the open run', async () => {
    const agents = [createEchoAgent(), createRefundAgent()];
    const server = await startServer({ agents, host: memoryHost(), conversations: memoryConversations() });
    await server.send('/v1/runs', { agent: 'echo', input: 'One.', conversation: 'chat-1' });
    await server.send('/v1/runs', { agent: 'refunds', input: 'Two.', conversation: 'chat-1' });
    const shown = await (await server.send('/v1/conversations/chat-1')).json();
    expect(shown.messages.map(({ role, content }: { role: string; content: string }) => [role, content])).toEqual([
      ['user', 'One.'],
      ['assistant', 'You wrote: One.'],
      ['user', 'Two.'],
    ]);
    expect(shown.run).toMatchObject({ status: 'suspended' });
    expect(shown.pending).toMatchObject([{ reason: 'approval' }]);
    const listed = await (await server.send('/v1/runs?conversation=chat-1')).json();
    expect(listed.data).toHaveLength(2);
  });

  test('without a store there is none', async () => {
    const { send } = await startServer({ agents: [createEchoAgent()], host: memoryHost() });
    expect((await send('/v1/conversations/chat-1')).status).toBe(404);
    expect((await send('/v1/runs', { agent: 'echo', input: 'Hi.', conversation: 'chat-1' })).status).toBe(404);
  });

  test('the same id of another owner is another conversation', async () => {
    const keys = { 'key-of-ada': { id: 'ada' }, 'key-of-bob': { id: 'bob' } };
    const { send } = await startServer({
      agents: [createEchoAgent()],
      authorize: bearer(keys),
      host: memoryHost(),
      conversations: memoryConversations(),
    });
    const body = { agent: 'echo', input: 'Mine.', conversation: 'chat' };
    expect((await send('/v1/runs', body, withKey('key-of-ada'))).status).toBe(201);
    expect((await send('/v1/conversations/chat', undefined, withKey('key-of-ada'))).status).toBe(200);
    expect((await send('/v1/conversations/chat', undefined, withKey('key-of-bob'))).status).toBe(404);
    const other = await (await send('/v1/runs?conversation=chat', undefined, withKey('key-of-bob'))).json();
    expect(other.data).toEqual([]);
  });
});
