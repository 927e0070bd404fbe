import { Agent, memoryHost, type RunEvent, type Tool, tool } from '@pawl/core';
import { type Middleware, toolGuard } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Shop {
  readonly user: { readonly name: string };
}

const order = tool<object, Shop>({
  name: 'order',
  description: 'Orders.',
  input: z.object({}),
  effect: 'read',
  execute: (_, { context }) => `Ordered for ${context.user.name}.`,
});

interface Run {
  readonly failed: Extract<RunEvent, { type: 'tool.failed' }> | undefined;
  /** All that went to the model. */
  readonly sent: string;
}

async function called(
  tools: readonly Tool<Shop>[],
  options: { readonly context?: unknown; readonly middleware?: readonly Middleware<Shop>[] } = {},
): Promise<Run> {
  const model = scriptedModel([respond.call('order', { prompt: 'Go.' }), respond.text('Done.')]);
  const { middleware = [], ...context } = options;
  const run = new Agent<Shop>({ model, tools, middleware }).run('Go.', context as { context: Shop }); // As from JavaScript.
  let failed: Run['failed'];
  run.on('tool.failed', (event) => {
    failed = event;
  });
  await run;
  return { failed, sent: JSON.stringify(model.requests) };
}

const NEUTRAL = 'There is a mistake in the code here. Another call would fail in the same way.';

test.each([
  ['of a wrong type', { context: { user: undefined } }],
  ['that is a number', { context: 7 }],
  ['that is null', { context: null }],
])('reports the details of a failure to read a context %s only in events', async (_, options) => {
  const { failed, sent } = await called([order], options);
  expect(failed).toMatchObject({ reason: 'threw', content: JSON.stringify({ error: NEUTRAL }) });
  expect(failed?.error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('(reading ') });
  expect(sent).not.toMatch(/reading|undefined|TypeError/);
});

test('names the missing context if a tool reads it', async () => {
  const { failed, sent } = await called([order]);
  expect(failed?.content).toBe(JSON.stringify({ error: NEUTRAL }));
  expect(failed?.error).toMatchObject({
    name: 'ConfigError',
    message: `Tool "order" failed in a run without a context: Cannot read properties of undefined (reading 'user'). If it reads one, pass it: agent.run(input, { context }).`,
    cause: { name: 'TypeError' },
  });
  expect(sent).not.toMatch(/reading|agent\.run/);
});

test('does not mention the context if the tool takes none', async () => {
  const broken = tool({
    name: 'order',
    description: 'Orders.',
    input: z.object({}),
    execute: (input) => (input as unknown as Shop).user.name,
  });
  const { failed } = await called([broken]);
  expect(failed?.content).toBe(JSON.stringify({ error: NEUTRAL }));
  expect(failed?.error.name).toBe('TypeError');
});

test('tells the model only that a guard with a mistake failed', async () => {
  const guard = toolGuard<Shop>({ name: 'own', before: (_, { context }) => ({ type: context.user.name as 'allow' }) });
  const { failed, sent } = await called([order], { middleware: [guard] });
  expect(failed?.content).toBe(JSON.stringify({ error: 'Guard "own" failed: there is a mistake in its code' }));
  expect(failed?.error.message).toContain("(reading 'user')");
  expect(sent).not.toContain('reading');
});

test('tells the outer agent only that a nested agent with a mistake failed', async () => {
  const inner = new Agent<Shop>({
    name: 'inner',
    model: scriptedModel([]),
    instructions: ({ user }) => `Serve ${user.name}.`,
  });
  const asked = inner.asTool({ name: 'order', description: 'Orders.' });
  const { sent } = await called([asked], { context: {} });
  expect(sent).toContain(`It failed: ${NEUTRAL}`);
  expect(sent).not.toContain('reading');
});

test('names the missing context if the instructions read it', async () => {
  const agent = new Agent<Shop>({ model: scriptedModel([]), instructions: ({ user }) => `Serve ${user.name}.` });
  const outcome = await agent.run('Go.', {} as { context: Shop }).outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError', cause: { name: 'TypeError' } } });
  expect(outcome.status === 'failed' && outcome.error.message).toContain('pass it: agent.run(input, { context })');
});

test('reports a failure to read an external result without details', async () => {
  const ask = tool<object>({
    name: 'order',
    description: 'Orders.',
    input: z.object({}),
    parseExternalResult: (value) => (value as unknown as Shop).user.name,
  });
  const model = scriptedModel([respond.call('order'), respond.text('Done.')]);
  const agent = new Agent({ model, tools: [ask] });
  const host = memoryHost();
  const outcome = await agent.run('Go.', { host, runId: 'r' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  await host.answer('r', pending?.id ?? '', { type: 'result', fingerprint: pending?.fingerprint ?? '', value: {} });
  await agent.resume('r', { host });
  expect(model.requests.at(-1)?.messages.at(-1)?.content).toBe(NEUTRAL);
});
