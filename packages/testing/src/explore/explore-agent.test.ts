import { Agent, jsonSchema, memoryHost, openai, type RunEvent, SuspendRun, tool } from '@pawl/core';
import { filterTools, requireApproval } from '@pawl/core/middleware';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaModel } from '../model/schema-model.ts';
import { findBrokenPromises } from './broken-promises.ts';
import { ExplorationError } from './exploration-error.ts';
import { exploreAgent } from './explore-agent.ts';
import { exploreRun } from './explore-run.ts';

const weather = tool({
  name: 'get_weather',
  description: 'Weather of a city.',
  input: z.object({ city: z.string().min(1), unit: z.enum(['c', 'f']).optional(), days: z.int().min(1).max(14) }),
  effect: 'read',
  execute: ({ city, unit = 'c', days }) => ({ city, unit, days }),
});

const send = tool({
  name: 'send',
  description: 'Sends a mail.',
  input: z.object({ to: z.email(), text: z.string() }),
  execute: ({ to }) => `Sent to ${to}.`,
});

const nobody = schemaModel();

test('runs an agent with every tool and every exercise, answers its calls, and counts the results', async () => {
  const agent = new Agent({ model: nobody, tools: [weather, ...requireApproval([send])] });
  const explored = await exploreAgent(agent, { seeds: 30 });
  expect(explored.runs).toBe(30);
  expect(explored.statuses).toEqual({ completed: 30 });
  expect(explored.tools['get_weather']?.calls).toBeGreaterThan(60);
  expect(explored.tools['get_weather']?.failed).toBe(10);
});

test('explores an agent with a cost limit unchanged', async () => {
  const model = openai('gpt-5-mini', { apiKey: 'key', price: { input: 0.25, output: 2 } });
  const agent = new Agent({ model, tools: [weather], limits: { cost: 0.01, tokens: 100_000 } });
  expect((await exploreAgent(agent, { seeds: 6 })).statuses).toEqual({ completed: 6 });
  expect(schemaModel({ price: { input: 1, output: 2 } }).price).toEqual({ input: 1, output: 2 });
});

test('calls a tool with invalid arguments first, then with valid ones', async () => {
  const seen: unknown[] = [];
  const strict = tool({
    name: 'strict',
    description: 'Strict.',
    input: z.object({ city: z.string() }),
    execute: (input) => seen.push(input),
  });
  const agent = new Agent({ model: schemaModel({ exercise: 'invalid-first' }), tools: [strict] });
  const failed: string[] = [];
  const run = agent.run('Go.').on('tool.failed', ({ reason }) => failed.push(reason));
  await run.outcome();
  expect([failed, seen.length]).toEqual([['invalid'], 1]);
});

test('calls a tool once per branch of its schema', async () => {
  const units = new Set<string | undefined>();
  const unit = tool({
    name: 'unit',
    description: 'Takes a unit.',
    input: z.object({ unit: z.enum(['c', 'f', 'k']).optional() }),
    execute: (input) => void units.add(input.unit),
  });
  await new Agent({ model: schemaModel({ exercise: 'every-branch' }), tools: [unit] }).run('Go.');
  expect(units).toEqual(new Set(['c', 'f', 'k', undefined]));
});

test('answers in the requested form', async () => {
  const output = z.object({ city: z.string(), degrees: z.int().min(-50).max(50) });
  const { output: found } = await new Agent({ model: schemaModel({ seed: 3 }), output }).run('Go.');
  expect(output.parse(found)).toEqual(found);
});

test('makes the same run for the same seed, streamed or not', async () => {
  const agent = new Agent({ model: schemaModel({ seed: 5 }), tools: [weather, send] });
  const [one, other] = await Promise.all([agent.run('Go.', { stream: true }), agent.run('Go.')]);
  expect(one.messages).toEqual(other.messages);
});

test('continues a resumed run unchanged', async () => {
  const host = memoryHost();
  const agent = new Agent({ model: schemaModel({ seed: 5 }), tools: [weather, ...requireApproval([send])] });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  if (outcome.status !== 'suspended') throw new Error(`It ended as ${outcome.status}.`);
  for (const { id, fingerprint } of outcome.pending) await host.answer('run', id, { type: 'approve', fingerprint });
  const { messages } = await agent.resume('run', { host });
  expect(messages.slice(0, outcome.messages.length - 1)).toEqual(outcome.messages.slice(0, -1));
});

test('finds an unhandled rejection of a tool and says how to run its seed alone', async () => {
  const careless = tool({
    name: 'careless',
    description: 'Forgets a promise.',
    input: z.object({ city: z.string() }),
    execute({ city }) {
      void Promise.reject(new Error(`Nobody waits for ${city}.`));
      return 'fine';
    },
  });
  const agent = new Agent({ model: nobody, tools: [careless] });
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  try {
    const found = await exploreAgent(agent, { seeds: [7], exercises: ['once'] }).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(ExplorationError);
    expect(String(found)).toContain('Unhandled rejection: Error: Nobody waits for');
    expect(String(found)).toContain("exploreAgent(agent, { seeds: [7], exercises: ['once'] })");
  } finally {
    for (const listener of listeners) process.on('unhandledRejection', listener);
  }
});

test('accepts a function that makes an agent per seed, for tools with state', async () => {
  let made = 0;
  const explored = await exploreAgent(
    (model) => {
      made++;
      return new Agent({ model, tools: filterTools([weather, send], ({ name }) => name === 'send') });
    },
    { seeds: 4 },
  );
  expect([made, Object.keys(explored.tools)]).toEqual([4, ['send']]);
});

test('counts failed calls of a tool that accepts less than its schema', async () => {
  const picky = tool({
    name: 'picky',
    description: 'Takes nothing.',
    input: jsonSchema<unknown>(
      { type: 'object', properties: { city: { type: 'string' } } },
      { validate: () => ({ issues: [{ path: ['city'], message: 'no' }] }) },
    ),
    execute: () => 'never',
  });
  const agent = new Agent({ model: nobody, tools: [picky] });
  const { tools, statuses } = await exploreAgent(agent, { seeds: [0], exercises: ['once'] });
  expect([tools, statuses]).toEqual([{ picky: { calls: 1, failed: 1 } }, { completed: 1 }]);
});

test('explores an agent with changed options', async () => {
  const agent = new Agent({ name: 'one', model: schemaModel(), tools: [weather, send] });
  const other = agent.with({ tools: [weather] });
  expect([other.name, (await other.run('Go.')).toolCallCount]).toEqual(['one', 1]);
  expect((await agent.run('Go.')).toolCallCount).toBe(2);
  expect(() => agent.with({ limits: { turns: -1 } })).toThrow('turns');
});

test.each([{ seeds: 0 }, { seeds: -1 }, { seeds: [] }, { seeds: [0.5] }, { exercises: [] }])(
  'rejects an exploration of nothing, which would always pass: %j',
  async (options) => {
    await expect(exploreAgent(new Agent({ model: nobody, tools: [weather] }), options)).rejects.toThrow(TypeError);
  },
);

test('names a run that no answer lets continue, and what it waits for', async () => {
  const patient = tool({
    name: 'patient',
    description: 'Waits for ever.',
    input: z.object({}),
    effect: 'read',
    execute() {
      throw new SuspendRun('Later.');
    },
  });
  const agent = new Agent({ model: nobody, tools: [patient] });
  const answer = ({ fingerprint }: { fingerprint: string }) => ({ type: 'approve', fingerprint }) as const;
  await expect(exploreAgent(agent, { seeds: [0], answer })).rejects.toThrow(/Seed 0 is suspended .* waits for/);
});

test('resumes about half of the calls that were suspended with a state', async () => {
  const values: unknown[] = [];
  const asking = tool({
    name: 'asking',
    description: 'Asks for a value.',
    input: z.object({}),
    effect: 'read',
    execute(_, { resumeData }) {
      if (resumeData === undefined) throw new SuspendRun('A value, please.', { state: null });
      values.push(resumeData.value);
      return 'asked';
    },
  });
  const { statuses } = await exploreAgent(new Agent({ model: nobody, tools: [asking] }), { seeds: 4 });
  expect(statuses).toEqual({ completed: 4 });
  expect(values.length).toBeGreaterThan(0);
});

test('names each broken promise: a call without a result, with two, a result without a call, an exceeded limit', async () => {
  const agent = new Agent({ model: schemaModel(), tools: [weather, send] });
  const run = await exploreRun(agent, { seed: 0, options: {} });
  expect(findBrokenPromises(run)).toEqual([]);
  const without = (type: RunEvent['type']) => run.events.filter((event) => event.type !== type);
  expect(findBrokenPromises({ ...run, events: without('tool.finished') })).toEqual([
    'Call 1.0 of "get_weather" was answered 0 times.',
    'Call 1.1 of "send" was answered 0 times.',
  ]);
  expect(findBrokenPromises({ ...run, events: without('model.responded') })).toEqual([
    'Call 1.0 has a result, but no response has this call.',
    'Call 1.1 has a result, but no response has this call.',
  ]);
  const [answered = run.events[0]] = run.events.filter(({ type }) => type === 'tool.finished');
  const twice = [...run.events.slice(0, -1), ...(answered === undefined ? [] : [answered]), ...run.events.slice(-1)];
  expect(findBrokenPromises({ ...run, events: twice })).toEqual([
    expect.stringMatching(/^Call 1\.[01] of "\w+" was answered 2 times\.$/),
  ]);
  expect(findBrokenPromises({ ...run, events: without('run.finished') })).toEqual([
    'The last event is not run.finished.',
  ]);
  const limited = { ...run.outcome, status: 'limited', limit: 'turns', max: 1, spent: 2 } as never;
  expect(findBrokenPromises({ ...run, outcome: limited })).toEqual(['The run used 2 of 1 turns.']);
  const cut = { ...run.outcome, messages: run.outcome.messages.slice(0, 2) };
  expect(findBrokenPromises({ ...run, outcome: cut })).toEqual([expect.stringContaining('The history is not valid: ')]);
});
