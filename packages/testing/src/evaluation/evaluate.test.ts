import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, tool } from '@pawl/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import {
  callsTools,
  evaluate,
  evaluationTable,
  exactMatch,
  judge,
  matchesSchema,
  report,
  type Scorer,
  within,
} from './evaluations.ts';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => city,
});

/** Looks up the city and reports the result; it knows nothing of Rome. */
const traveller = new Agent({
  tools: [look],
  output: z.object({ city: z.string() }),
  model: scriptedModel(({ messages }) => {
    const [first] = messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : []));
    if (first === 'Rome') return respond.text('{"city":"Oslo"}');
    return messages.at(-1)?.role === 'tool'
      ? respond.text(JSON.stringify({ city: first }))
      : respond.call('look', { city: first ?? '' });
  }),
});

const cases = [
  { name: 'oslo', input: 'Oslo', expected: { city: 'Oslo' } },
  { name: 'rome', input: 'Rome', expected: { city: 'Rome' } },
];

const run = ({ input }: { readonly input: string }) => traveller.run(input).outcome();

test('each case is scored by each measure, and the means are of the scores', async () => {
  const scorers = [
    exactMatch(),
    matchesSchema(z.object({ city: z.string() })),
    callsTools(['look']),
    within({ turns: 2 }),
  ];
  const found = await evaluate({
    name: 'scores each case with each scorer and averages the scores',
    cases,
    run,
    scorers,
  });
  expect(found.cases.map(({ name, mean }) => [name, mean])).toEqual([
    ['oslo', 1],
    ['rome', 0.5],
  ]);
  expect(found.scorers.map(({ name, mean }) => [name, mean])).toEqual([
    ['exact match', 0.5],
    ['matches schema', 1],
    ['calls tools', 0.5],
    ['within', 1],
  ]);
  expect(found.mean).toBe(0.75);
  expect(found.cases[1]?.attempts[0]?.scores).toMatchObject({
    'exact match': { score: 0, why: 'city: expected "Rome", got "Oslo"' },
    'calls tools': { score: 0, why: 'called []' },
  });
});

test('gives the reason for a violated schema and an exceeded allowance', async () => {
  const scorers = [matchesSchema(z.object({ country: z.string() })), within({ turns: 1, toolCalls: 0 })];
  const { cases: found } = await evaluate({ cases: cases.slice(0, 1), run, scorers });
  expect(found[0]?.attempts[0]?.scores).toMatchObject({
    'matches schema': { score: 0, why: expect.stringContaining('country') },
    within: { score: 0, why: 'turns: 2 of 1, toolCalls: 1 of 0' },
  });
});

test('repeats attempts, and gives the same scores in parallel', async () => {
  const order: string[] = [];
  const trying = (given: { readonly name: string; readonly input: string }, attempt: number) => {
    order.push(`${given.name} ${attempt}`);
    return run(given);
  };
  const one = await evaluate({ cases, run: trying, scorers: [exactMatch()], repeats: 3 });
  expect(order).toEqual(['oslo 0', 'oslo 1', 'oslo 2', 'rome 0', 'rome 1', 'rome 2']);
  const other = await evaluate({ cases, run, scorers: [exactMatch()], repeats: 3, width: 4 });
  expect(other.cases.map(({ mean, attempts }) => [mean, attempts.length])).toEqual([
    [1, 3],
    [0, 3],
  ]);
  expect(one.mean).toBe(other.mean);
});

test('counts a thrown attempt, a thrown scorer and an invalid score as 0, and continues', async () => {
  const odd: Scorer = { name: 'odd', score: () => ({ score: 7 }) };
  const broken: Scorer = {
    name: 'broken',
    score() {
      throw new Error('Out of order.');
    },
  };
  const trying = async (given: { readonly name: string; readonly input: string }) => {
    if (given.name === 'rome') throw new Error('No way to Rome.');
    return run(given);
  };
  const { cases: found } = await evaluate({ cases, run: trying, scorers: [odd, broken] });
  expect(found[0]?.attempts[0]?.scores).toEqual({
    odd: { score: 0, why: 'the scorer returned 7, which is not from 0 to 1' },
    broken: { score: 0, why: 'the scorer threw: Error: Out of order.' },
  });
  expect(found[1]?.attempts[0]).toMatchObject({ status: 'threw', mean: 0 });
  expect(found[1]?.attempts[0]?.scores['odd']?.why).toContain('No way to Rome.');
});

test('gives a judge the question, the expected value and the answer', async () => {
  const model = scriptedModel([respond.text('{"why":"It is short.","score":0.5}')]);
  const scorers = [judge({ model, question: 'Is it complete?' })];
  const found = await evaluate({ cases: cases.slice(0, 1), run, scorers });
  expect(found.cases[0]?.attempts[0]?.scores).toEqual({ judge: { score: 0.5, why: 'It is short.' } });
  const asked = JSON.stringify(model.requests[0]?.messages);
  for (const part of ['Is it complete?', 'Oslo', 'ended as completed']) expect(asked).toContain(part);
});

test('formats a table with a row per case, the means, and the reasons', async () => {
  const found = await evaluate({ name: 'travels', cases, run, scorers: [exactMatch(), within({ turns: 2 })] });
  expect(evaluationTable(found).replaceAll(/\d+$/gm, 'N')).toMatchInlineSnapshot(`
    "travels

    case  exact match  within   mean  tokens
    ----  -----------  ------  -----  ------
    oslo        100 %   100 %  100 %     N
    rome          0 %   100 %   50 %      N
    ----  -----------  ------  -----  ------
    all          50 %   100 %   75 %

    rome, attempt 1, exact match: city: expected "Rome", got "Oslo""
  `);
});

function file(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-evaluation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const good = () =>
  evaluate({
    cases,
    run: async ({ expected }) => ({ ...(await run({ input: expected?.city ?? '' })), output: expected }),
    scorers: [exactMatch()],
  });
const bad = () => evaluate({ cases, run, scorers: [exactMatch()] });

test('saves an evaluation as JSON; a worse one is reported, exits with 1 and does not replace the baseline', async () => {
  const baseline = file('baseline.json');
  const quiet = { baseline, save: baseline, print: () => undefined };
  expect(report(await good(), quiet)).toEqual({ exitCode: 0, faults: [] });
  const kept = readFileSync(baseline, 'utf8');
  expect(JSON.parse(kept)).toMatchObject({ mean: 1 });
  expect(report(await bad(), quiet)).toEqual({ exitCode: 1, faults: ['Case "rome" has 0.00, and had 1.00.'] });
  expect(readFileSync(baseline, 'utf8')).toBe(kept);
  expect(report(await bad(), { ...quiet, tolerance: 1 }).exitCode).toBe(0);
});

test('reports a case of the baseline that was not run, and accepts a new case', async () => {
  const baseline = file('baseline.json');
  report(await good(), { save: baseline, print: () => undefined });
  const fewer = await evaluate({ cases: cases.slice(0, 1), run, scorers: [exactMatch()] });
  expect(report(fewer, { baseline, print: () => undefined }).faults).toEqual([
    'Case "rome" of the baseline was not run.',
  ]);
  writeFileSync(baseline, JSON.stringify(fewer));
  expect(report(await good(), { baseline, print: () => undefined }).exitCode).toBe(0);
});

test('exits with 1 below the threshold and prints the reason', async () => {
  const printed: string[] = [];
  const { exitCode } = report(await bad(), { threshold: 0.9, print: (text) => printed.push(text) });
  expect([exitCode, printed.join()]).toEqual([
    1,
    expect.stringContaining('The mean is 0.50, below the threshold of 0.9.'),
  ]);
});

test('names a baseline that is not an evaluation and does not overwrite it', async () => {
  const baseline = file('baseline.json');
  writeFileSync(baseline, 'hello');
  const evaluation = await good();
  expect(() => report(evaluation, { baseline, save: baseline, print: () => undefined })).toThrow(
    'is not an evaluation',
  );
  expect([existsSync(baseline), readFileSync(baseline, 'utf8')]).toEqual([true, 'hello']);
});

test.each([
  [{ cases: [] }, 'no cases'],
  [{ scorers: [] }, 'no scorers'],
  [{ repeats: 0 }, 'repeats is 0'],
  [{ cases: [...cases, ...cases] }, 'two cases named "oslo"'],
  [{ scorers: [exactMatch(), exactMatch()] }, 'two scorers named "exact match"'],
])('rejects invalid options at once: %j', async (change, problem) => {
  await expect(evaluate({ cases, run, scorers: [exactMatch()], ...change })).rejects.toThrow(problem);
});

test('reports a thrown attempt as a fault, whatever the threshold', async () => {
  const thrown = await evaluate({ cases, run: () => Promise.reject(new Error('no server')), scorers: [exactMatch()] });
  const { exitCode, faults } = report(thrown, { print: () => undefined });
  expect([exitCode, faults]).toEqual([
    1,
    ['Case "oslo" threw in 1 of 1 attempts.', 'Case "rome" threw in 1 of 1 attempts.'],
  ]);
});

test('scores 0 for a case without an expected list of tools', async () => {
  const found = await evaluate({ cases: [{ name: 'any', input: 'Rome' }], run, scorers: [callsTools()] });
  expect(found.cases[0]?.attempts[0]?.scores['calls tools']).toEqual({
    score: 0,
    why: expect.stringContaining('expects no list of tools'),
  });
});

test.each([{ width: 0 }, { width: 0.5 }, { repeats: 0 }])('rejects %j', async (options) => {
  await expect(evaluate({ cases, run, scorers: [exactMatch()], ...options })).rejects.toThrow(
    'Pass a whole number from 1.',
  );
});
