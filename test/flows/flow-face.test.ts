import { Agent, memoryHost, type RunEvent, tool } from '@pawl/core';
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

test('runs queued, by its name, with any JSON input, and within other flows', async () => {
  const double = flow({
    name: 'double',
    input: z.object({ value: z.number() }),
    output: z.number(),
    run: async ({ value }) => value * 2,
  });
  const twice = flow({
    name: 'twice',
    run: async (value: number, { run }) => {
      const { output } = await run(double, { value }, { step: 'first' });
      return (await run(double, { value: output }, { step: 'second' })).output;
    },
  });
  const host = memoryHost();
  const runId = await double.enqueue({ value: 4 }, { host, metadata: { by: 'test' } });
  const textId = await host.enqueue('twice', 'x');
  const valueId = await twice.enqueue(3, { host });
  const runs = await host.resumeAll<{ outcome(): Promise<unknown>; readonly runId: string }>([double, twice]);
  const outcomes = new Map(await Promise.all(runs.map(async (run) => [run.runId, await run.outcome()] as const)));
  expect(outcomes.get(runId)).toMatchObject({ status: 'completed', output: 8 });
  expect(outcomes.get(valueId)).toMatchObject({ status: 'completed', output: 12 });
  expect(outcomes.get(textId)).toMatchObject({ status: 'failed' });
  const { record } = await host.getRun(valueId);
  expect(record).toMatchObject({ agent: 'twice', input: 3, messages: [{ role: 'user', content: '3' }] });
  const wrong = await double.run({ value: 'x' } as never).outcome();
  expect(wrong).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('the input does not match its schema') },
  });
});

test('is a tool of an agent', async () => {
  const { research } = createResearch();
  const model = scriptedModel([respond.call('research', { prompt: 'NVDA' }), respond.text('Done.')]);
  const lead = new Agent({
    name: 'lead',
    model,
    tools: [research.asTool({ name: 'research', description: 'Researches.' })],
  });
  const events: RunEvent[] = [];
  const outcome = await lead
    .run('Go.')
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome.messages[2]).toMatchObject({ content: 'writer: searcher: a, searcher: b, searcher: c' });
  expect(outcome.usage.requests).toBe(7);
  expect(new Set(events.map(({ path }) => path))).toContain('tool:1.0/step:search-1');
});

test('is a tool only of the turns that its when allows', async () => {
  const echo = flow({ name: 'echo', run: (text: string) => text });
  const model = scriptedModel(({ tools }) => respond.text(`${tools?.length ?? 0} tools`));
  const echoes = echo.asTool({ name: 'echo', when: (context: { readonly isOpen: boolean }) => context.isOpen });
  const lead = new Agent({ name: 'lead', model, tools: [echoes] });
  expect(await lead.run('Go.', { context: { isOpen: true } })).toMatchObject({ output: '1 tools' });
  expect(await lead.run('Go.', { context: { isOpen: false } })).toMatchObject({ output: '0 tools' });
});

test('ends with its signal, and ends what is under way', async () => {
  const stuck = new Agent({ name: 'stuck', model: scriptedModel(() => new Promise(() => undefined)) });
  const waiting = flow({
    name: 'waiting',
    run: async (_: string, { run }) => (await run(stuck, 'x', { step: 'stuck' })).output,
  });
  const run = waiting.run('x');
  run.on('attempt.started', () => run.abort('Enough.'));
  const host = memoryHost();
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  const deaf = flow({ name: 'deaf', run: () => new Promise<string>(() => undefined) });
  const deafRun = deaf.run('x', { host, runId: 'deaf' });
  deafRun.on('run.started', () => deafRun.abort('Enough.'));
  expect(await deafRun.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
});

test('loses a race once: a resumed run does not continue what was cancelled', async () => {
  const fast = createAgent('fast');
  const never = { requests: 0 };
  const slow = new Agent({
    name: 'slow',
    model: scriptedModel(() => {
      never.requests++;
      return new Promise(() => undefined);
    }),
  });
  const racing = flow({
    name: 'racing',
    run: async (_: string, { run }) => {
      const [first] = await Promise.all([
        Promise.race([run(fast.agent, 'x', { step: 'fast' }), run(slow, 'x', { step: 'slow' })]),
      ]);
      return first.output;
    },
  });
  const host = new FaultyHost(memoryHost(), { at: 7, moment: 'before' });
  await racing
    .run('x', { host, runId: 'run' })
    .outcome()
    .catch(() => undefined);
  expect(await racing.resume('run', { host }).outcome()).toMatchObject({ status: 'completed', output: 'fast: x' });
  expect(never.requests).toBe(1);
});

test('refuses wrong options, names and values', async () => {
  expect(() => flow({} as never)).toThrow('flow(): name is undefined');
  expect(() => flow({ name: 'x' } as never)).toThrow('Flow "x": run is undefined');
  expect(() => flow({ name: 'x', run: () => 1, steps: [] } as never)).toThrow('Steps are in the code');
  expect(() => flow({ name: 'x', run: () => 1, limits: { turns: 1 } } as never)).toThrow('A flow has no turns');
  const plain = flow({ name: 'x', run: async (given: unknown) => given });
  expect(() => plain.run(new Map())).toThrow('the input is');
  expect(() => plain.run('x', { conversation: {} } as never)).toThrow('A flow has no conversation');
  const lossy = flow({ name: 'x', run: async () => new Date(0) });
  expect(await lossy.run('x').outcome()).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('JSON cannot represent') },
  });
  const twice = flow({
    name: 'x',
    run: async (_: string, { step }) => [await step('a', () => 1), await step('a', () => 2)],
  });
  expect(await twice.run('x').outcome()).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('step "a" is used twice') },
  });
});

test('forks before a step: keeps the steps that were finished when it began', async () => {
  const { research, searcher, writer } = createResearch();
  const host = memoryHost();
  await research.run('NVDA', { host, runId: 'run' }).outcome();
  const before = [searcher.model.requests.length, writer.model.requests.length];
  const fork = await host.fork('run', { before: 'step:write' });
  expect(await research.resume(fork, { host }).outcome()).toMatchObject({
    status: 'completed',
    output: 'writer: searcher: a, searcher: b, searcher: c',
  });
  expect([searcher.model.requests.length, writer.model.requests.length]).toEqual([before[0], 2]);
  const again = await host.fork('run', { before: 'step:search-1/model:1' });
  await research.resume(again, { host }).outcome();
  expect(searcher.model.requests.length).toBeGreaterThan(before[0] ?? 0);
  const other = await host.fork('run', { before: 'step:plan', input: 'AMD' });
  expect(await research.resume(other, { host }).outcome()).toMatchObject({ status: 'completed' });
});

test('gives a message of the user to the agent inside that waits, and ends a question as cancelled', async () => {
  const permit = tool({
    name: 'permit',
    description: 'Permits.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'permitted',
  });
  const model = scriptedModel(({ messages }) =>
    messages.length === 1 ? respond.call('permit', {}) : respond.text(String(messages.at(-1)?.content)),
  );
  const clerk = new Agent({ name: 'clerk', model, tools: [permit] });
  const office = flow({
    name: 'office',
    run: async (_: string, { run, ask }) => {
      const { output } = await run(clerk, 'x', { step: 'clerk' });
      const answer = await ask('Well?', { step: 'ask' }).catch((error: unknown) =>
        CallError.isInstance(error) ? error.reason : 'another error',
      );
      return [output, answer];
    },
  });
  const host = memoryHost();
  await office.run('x', { host, runId: 'run' }).outcome();
  await host.sendMessage('run', { role: 'user', content: 'Never mind.' });
  expect((await office.resume('run', { host }).outcome()).status).toBe('suspended');
  await host.sendMessage('run', { role: 'user', content: 'Stop.' });
  expect(await office.resume('run', { host }).outcome()).toMatchObject({
    status: 'completed',
    output: ['Never mind.', 'cancelled'],
  });
});
