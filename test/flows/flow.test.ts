import { setImmediate } from 'node:timers/promises';
import {
  AbortRun,
  Agent,
  memoryHost,
  RefuseRun,
  type RunEvent,
  RunFailedError,
  RunLimitedError,
  RunSuspendedError,
  tool,
} from '@pawl/core';
import { CallError, flow } from '@pawl/core/flow';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';

function createAgent(name: string, answer: (text: string) => string = (text) => `${name}: ${text}`) {
  const model = scriptedModel(({ messages }) => respond.text(answer(String(messages.at(-1)?.content))));
  return { agent: new Agent({ name, model }), model };
}

const plan = z.object({ searches: z.array(z.string()) });

function createResearch() {
  const planner = new Agent({
    name: 'planner',
    model: scriptedModel(() => respond.text('{"searches":["a","b","c"]}')),
    output: plan,
  });
  const searcher = createAgent('searcher');
  const writer = createAgent('writer');
  const research = flow({
    name: 'research',
    run: async (query: string, { run, step }) => {
      const { output } = await run(planner, query, { step: 'plan' });
      const found = await Promise.all(
        output.searches.map((search, index) => run(searcher.agent, search, { step: `search-${index}` })),
      );
      const text = await step('join', () => found.map((each) => each.output).join(', '));
      return (await run(writer.agent, text, { step: 'write' })).output;
    },
  });
  return { research, searcher, writer };
}

test('runs agents from code as one run', async () => {
  const { research } = createResearch();
  const events: RunEvent[] = [];
  const outcome = await research
    .run('NVDA', { runId: 'run' })
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome).toMatchObject({
    status: 'completed',
    output: 'writer: searcher: a, searcher: b, searcher: c',
    agent: 'research',
    messages: [{ role: 'user', content: 'NVDA' }],
    usage: { requests: 5 },
    turnCount: 0,
  });
  const steps = events.flatMap((event) =>
    event.type === 'step.finished' ? [[event.label, event.kind, event.target, event.agent]] : [],
  );
  expect(steps).toEqual([
    ['plan', 'run', 'planner', 'research'],
    ['search-0', 'run', 'searcher', 'research'],
    ['search-1', 'run', 'searcher', 'research'],
    ['search-2', 'run', 'searcher', 'research'],
    ['join', 'value', undefined, 'research'],
    ['write', 'run', 'writer', 'research'],
  ]);
  const places = new Set(events.map(({ path, agent }) => `${path} ${agent}`));
  expect(places).toEqual(
    new Set([
      ' research',
      'step:plan planner',
      'step:search-0 searcher',
      'step:search-1 searcher',
      'step:search-2 searcher',
      'step:write writer',
    ]),
  );
});

test('does not run finished steps again', async () => {
  const { research, searcher, writer } = createResearch();
  const host = new FaultyHost(memoryHost(), { at: 14, moment: 'after' });
  await expect(research.run('NVDA', { host, runId: 'run' }).outcome()).rejects.toThrow('The process is gone');
  const asked = searcher.model.requests.length + writer.model.requests.length;
  const events: RunEvent[] = [];
  const outcome = await research
    .resume('run', { host })
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome).toMatchObject({ status: 'completed', usage: { requests: 5 } });
  expect(asked).toBeGreaterThan(0);
  expect(searcher.model.requests.length + writer.model.requests.length).toBe(4);
  expect(events.filter(({ replayed }) => replayed).length).toBeGreaterThan(3);
  const again = await research.resume('run', { host }).outcome();
  expect(again).toEqual(outcome);
});

const send = tool({
  name: 'send',
  description: 'Sends.',
  input: z.object({ to: z.string() }),
  needsApproval: true,
  execute: ({ to }, { idempotencyKey, toolCallId }) => ({ to, idempotencyKey, toolCallId }),
});

test('calls tools as the loop does: checked, approved, with an idempotency key', async () => {
  const mail = flow({
    name: 'mail',
    run: async (to: string, { call }) => [
      await call(send, { to: 5 } as never, { step: 'wrong' }).catch(
        (error: unknown) => CallError.isInstance(error) && error.reason,
      ),
      await call(send, { to }, { step: 'send' }),
    ],
  });
  const host = memoryHost();
  const suspended = await mail.run('Ada', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  expect(suspended.pending).toMatchObject([{ id: 'step:send/approval:1.0', reason: 'approval', input: { to: 'Ada' } }]);
  for (const { id, fingerprint } of suspended.pending) await host.answer('run', id, { type: 'approve', fingerprint });
  const outcome = await mail.resume('run', { host }).outcome();
  expect(outcome).toMatchObject({
    status: 'completed',
    output: ['invalid', { to: 'Ada', idempotencyKey: 'run/step:send/tool:1.0:send', toolCallId: 'call_send' }],
    toolCallCount: 2,
  });
});

test('rejects a call that is denied, fails or exceeds a limit', async () => {
  const fail = tool({
    name: 'fail',
    description: 'Fails.',
    input: z.object({}),
    execute: () => {
      throw new Error('Broken.');
    },
  });
  const run = async (limits: { readonly toolCalls?: number }) => {
    const denied = flow({
      name: 'denied',
      limits,
      run: async (_: string, { call }) => {
        const errors: unknown[] = [];
        await call(fail, {}, { step: 'fail' }).catch((error: unknown) => errors.push(error));
        await call(send, { to: 'x' }, { step: 'send' }).catch((error: unknown) => errors.push(error));
        return errors.map((error) => (CallError.isInstance(error) ? [error.reason, error.content] : String(error)));
      },
    });
    const host = memoryHost();
    const suspended = await denied.run('x', { host, runId: 'run' }).outcome();
    if (suspended.status !== 'suspended') return suspended;
    for (const { id, fingerprint } of suspended.pending) {
      await host.answer('run', id, { type: 'deny', fingerprint, reason: 'No.' });
    }
    return denied.resume('run', { host }).outcome();
  };
  expect(await run({})).toMatchObject({
    status: 'completed',
    output: [
      ['threw', '{"error":"Broken."}'],
      ['denied', expect.stringContaining('No.')],
    ],
  });
  const one = flow({
    name: 'one',
    limits: { toolCalls: 1 },
    run: async (_: string, { call }) => {
      await call(fail, {}, { step: 'a' }).catch(() => undefined);
      await call(fail, {}, { step: 'b' });
      return 'never';
    },
  });
  expect(await one.run('x').outcome()).toMatchObject({ status: 'limited', limit: 'toolCalls', max: 1, spent: 1 });
});

test('asks a person, and goes on with the typed answer', async () => {
  const budget = flow({
    name: 'budget',
    run: async (_: string, { ask }) => {
      const { amount } = await ask('How much?', { step: 'amount', answer: z.object({ amount: z.number() }) });
      return amount * 2;
    },
  });
  const host = memoryHost();
  const suspended = await budget.run('x', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  const [pending] = suspended.pending;
  expect(pending).toMatchObject({
    id: 'step:amount/approval:1.0',
    reason: 'external_result',
    input: { question: 'How much?' },
  });
  await host.answer('run', pending?.id ?? '', {
    type: 'result',
    fingerprint: pending?.fingerprint ?? '',
    value: { amount: 21 },
  });
  expect(await budget.resume('run', { host }).outcome()).toMatchObject({ status: 'completed', output: 42 });
});

test('finishes what is under way when a step waits, begins nothing new, and waits whatever the code makes of it', async () => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const model = scriptedModel(async () => {
    await asked;
    for (let turns = 0; turns < 5; turns++) await setImmediate();
    return respond.text('Slow.');
  });
  const slow = { agent: new Agent({ name: 'slow', model }), model };
  const after = createAgent('after');
  const errors: unknown[] = [];
  const mixed = flow({
    name: 'mixed',
    run: async (_: string, { ask, run }) => {
      const first = ask('Well?', { step: 'ask' }).catch((error: unknown) => {
        errors.push(error);
        return run(after.agent, 'fallback', { step: 'fallback' }).then(({ output }) => output);
      });
      const second = run(slow.agent, 'x', { step: 'slow' }).then(() => run(after.agent, 'y', { step: 'after' }));
      const [answer, { output }] = await Promise.all([first, second]);
      return [answer, output];
    },
  });
  const host = memoryHost();
  const suspended = await mixed
    .run('x', { host, runId: 'run' })
    .on('approval.requested', () => onAsked())
    .outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  expect(RunSuspendedError.isInstance(errors[0])).toBe(true);
  expect([slow.model.requests.length, after.model.requests.length]).toEqual([1, 0]);
  expect(suspended.usage.requests).toBe(1);
  const [pending] = suspended.pending;
  await host.answer('run', pending?.id ?? '', {
    type: 'result',
    fingerprint: pending?.fingerprint ?? '',
    value: 'Yes.',
  });
  expect(await mixed.resume('run', { host }).outcome()).toMatchObject({
    status: 'completed',
    output: ['Yes.', 'after: y'],
    usage: { requests: 2 },
  });
  expect([slow.model.requests.length, after.model.requests.length]).toEqual([1, 1]);
});

test.each([
  { name: 'an error', error: () => new Error('Broken.'), outcome: { status: 'failed', error: { message: 'Broken.' } } },
  { name: 'AbortRun', error: () => new AbortRun('Enough.'), outcome: { status: 'aborted', reason: 'Enough.' } },
  {
    name: 'RefuseRun',
    error: () => new RefuseRun('No.', { guard: 'g' }),
    outcome: { status: 'refused', refusal: 'No.', guard: 'g' },
  },
])('ends as the code does: $name', async ({ error, outcome }) => {
  const broken = flow({
    name: 'broken',
    run: async () => {
      throw error();
    },
  });
  expect(await broken.run('x').outcome()).toMatchObject(outcome);
});

test('ends as a run inside does if the code does not catch its error', async () => {
  const failing = new Agent({ name: 'failing', model: scriptedModel([respond.httpError(400, { message: 'No.' })]) });
  const outer = flow({
    name: 'outer',
    run: async (input: string, { run }) => (await run(failing, input, { step: 'a' })).output,
  });
  const error: unknown = await outer.run('x').catch((thrown: unknown) => thrown);
  expect(RunFailedError.isInstance(error)).toBe(true);
  const endless = createAgent('endless');
  const limited = flow({
    name: 'limited',
    limits: { tokens: 60 },
    run: async (_: string, { run }) => {
      for (let index = 0; ; index++) await run(endless.agent, 'x', { step: `turn-${index}` });
    },
  });
  const ended: unknown = await limited.run('x').catch((thrown: unknown) => thrown);
  if (!RunLimitedError.isInstance(ended)) throw ended;
  expect(ended.outcome).toMatchObject({ status: 'limited', limit: 'tokens', max: 60 });
  expect(ended.outcome.usage.totalTokens).toBeLessThanOrEqual(60);
  expect(ended.outcome.spentBy).toEqual([{ agent: 'endless', spent: ended.outcome.usage.totalTokens }]);
});

test('remembers values and errors of plain code', async () => {
  let calls = 0;
  const remembering = flow({
    name: 'remembering',
    run: async (_: string, { step, ask }) => {
      const value = await step('random', () => ++calls);
      const nothing = await step('nothing', () => undefined);
      const error = await step('error', () => {
        calls++;
        throw new TypeError('Broken.');
      }).catch((thrown: Error) => `${thrown.name}: ${thrown.message}`);
      const answer = await ask('Well?', { step: 'ask' });
      return { value, nothing: nothing ?? null, error, answer };
    },
  });
  const host = memoryHost();
  const suspended = await remembering.run('x', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  const [pending] = suspended.pending;
  await host.answer('run', pending?.id ?? '', { type: 'result', fingerprint: pending?.fingerprint ?? '', value: [1] });
  expect(await remembering.resume('run', { host }).outcome()).toMatchObject({
    output: { value: 1, nothing: null, error: 'TypeError: Broken.', answer: [1] },
  });
  expect(calls).toBe(2);
});

test('says which steps a changed flow does not use, or uses for something else', async () => {
  const helper = createAgent('helper');
  const other = createAgent('other');
  const define = (run: Parameters<typeof flow<string, string>>[0]['run']) =>
    flow<string, string>({ name: 'changed', run });
  const first = define(async (_, { run, ask }) => {
    await run(helper.agent, 'a', { step: 'one' });
    await run(helper.agent, 'b', { step: 'two' });
    return String(await ask('Well?', { step: 'ask' }));
  });
  const host = memoryHost();
  await first.run('x', { host, runId: 'run' }).outcome();
  const resume = (run: Parameters<typeof define>[0]) => define(run).resume('run', { host }).outcome();
  await expect(resume(async () => 'done')).rejects.toMatchObject({
    code: 'flow.diverged',
    message: expect.stringContaining('(steps: one, two, ask)'),
  });
  await expect(
    resume(async (_, { run }) => (await run(other.agent, 'a', { step: 'one' })).output),
  ).rejects.toMatchObject({
    code: 'flow.diverged',
    message: expect.stringContaining('it was a run of "helper", and is one of "other" now'),
  });
  await expect(
    resume(async (_, { run }) => (await run(helper.agent, 'c', { step: 'one' })).output),
  ).rejects.toMatchObject({
    code: 'flow.diverged',
    message: expect.stringContaining('the input for "helper" is another one'),
  });
  await expect(resume(async (_, { step }) => step('one', () => 'x'))).rejects.toMatchObject({ code: 'flow.diverged' });
  const valued = flow({
    name: 'valued',
    run: async (_: string, { step, ask }) => [await step('one', () => 1), await ask('?', { step: 'b' })],
  });
  await valued.run('x', { host, runId: 'valued' }).outcome();
  const asRun = flow({
    name: 'valued',
    run: async (_: string, { run }) => (await run(helper.agent, 'a', { step: 'one' })).output,
  });
  await expect(asRun.resume('valued', { host }).outcome()).rejects.toMatchObject({
    code: 'flow.diverged',
    message: expect.stringContaining('step "one" was a value, and is a run now'),
  });
  expect(await valued.resume('valued', { host }).outcome()).toMatchObject({ status: 'suspended' });
  expect(await first.resume('run', { host }).outcome()).toMatchObject({ status: 'suspended' });
  expect([helper.model.requests.length, other.model.requests.length]).toEqual([2, 0]);
});

test('refuses a run of another version', async () => {
  const define = (version: string) =>
    flow({ name: 'versioned', version, run: async (_: string, { ask }) => ask('Well?', { step: 'ask' }) });
  const host = memoryHost();
  await define('1').run('x', { host, runId: 'run' }).outcome();
  await expect(define('2').resume('run', { host }).outcome()).rejects.toMatchObject({ code: 'run.version' });
});
