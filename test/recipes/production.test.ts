import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openai, type RunEvent } from '@pawl/core';
import { FAULT_NAMES, manualClock, offlineServer, respond, scriptedModel, testTool, withFaults } from '@pawl/testing';
import { cassette } from '@pawl/testing/cassette';
import { evaluate, report, within } from '@pawl/testing/evaluation';
import { exploreAgent, schemaModel } from '@pawl/testing/explore';
import '@pawl/testing/vitest';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { createFolder } from '../folder.ts';

// Tests the recommendations of docs/guide/production.md as docs/guide/testing.md describes.

const price = { input: 0.25, output: 2 };
const root = join(import.meta.dirname, '..', '..');

beforeAll(() => {
  vi.stubEnv('OPENAI_API_KEY', 'key');
  return () => vi.unstubAllEnvs();
});

/** The page's agent; created when there is a key, as in a service. */
async function support() {
  return import('./support-agent.ts');
}

const findsOrder = [respond.call('find_order', { order: 7 }), respond.text('Order 7 is shipped.')];

test('uses the agent of the page', () => {
  const page = readFileSync(join(root, 'docs', 'guide', 'production.md'), 'utf8');
  const file = readFileSync(join(import.meta.dirname, 'support-agent.ts'), 'utf8').replaceAll('export const', 'const');
  const [tool = '', agent = ''] = ['const findOrder', 'const agent'].map(
    (start) => file.slice(file.indexOf(start)).split('\n});\n')[0],
  );
  expect(page).toContain(tool);
  expect(page).toContain(agent);
});

test('answers with a script within the limits of the page', async () => {
  const { agent } = await support();
  const model = scriptedModel(
    [
      respond.expecting({ messages: [{}, { content: /order 7/ }] }, findsOrder[0] as never),
      respond.text('Order 7 is shipped.'),
    ],
    { price },
  );
  const outcome = await agent.with({ model }).run('Where is order 7?').outcome();
  expect(outcome).toHaveOutcome('completed');
  expect(outcome).toHaveCalledTool('find_order', { order: 7 });
  expect(outcome).toStayWithin({ turns: 2, toolCalls: 1, tokens: 100_000, cost: 0.1 });
  expect(outcome).toBeValidHistory();
  expect(model.requests[0]).toMatchObject({ max_completion_tokens: 1_000 });
  model.assertDone();
});

test.each([
  { limit: 'turns', script: () => respond.call('find_order', { order: 7 }) },
  { limit: 'tokens', script: () => respond.call('find_order', { order: 7 }, { usage: usageOf(30_000) }) },
  { limit: 'cost', script: () => respond.call('find_order', { order: 7 }, { usage: usageOf(1_000, 20_000) }) },
  {
    limit: 'toolCalls',
    script: () => respond.calls(Array.from({ length: 11 }, () => ({ name: 'find_order', arguments: { order: 7 } }))),
  },
])('ends a model that never stops by the limit on $limit', async ({ limit, script }) => {
  const { agent } = await support();
  const model = scriptedModel(({ tool_choice }) => (tool_choice === 'none' ? respond.text('So far.') : script()), {
    price,
  });
  expect(await agent.with({ model }).run('Where is order 7?').outcome()).toMatchObject({ status: 'limited', limit });
});

function usageOf(prompt: number, completion = 10) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

test('ends a model that never responds at the deadlines, on a manual clock', async () => {
  const { agent } = await support();
  const clock = manualClock({ sleeps: 'held' });
  const silent = scriptedModel(() => new Promise<never>(() => undefined));
  const run = agent.with({ model: silent, clock }).run('Where is order 7?');
  const failed: RunEvent[] = [];
  run.on('attempt.failed', (event) => failed.push(event));
  const outcome = run.outcome();
  await expect.poll(() => clock.pending).toBeGreaterThan(0);
  await clock.advance(90_000); // attemptTimeoutMs
  await expect.poll(() => failed).toHaveLength(1);
  await clock.advance(30_000); // durationMs
  expect(await outcome).toMatchObject({ status: 'limited', limit: 'durationMs', max: 120_000 });
});

test.each(FAULT_NAMES)('gives the same answer with the fault %s of a server', async (fault) => {
  const { agent } = await support();
  const server = await offlineServer({ script: withFaults(findsOrder, [fault]) });
  onTestFinished(() => server.close());
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, price });
  const faulty = agent.with({ model, clock: manualClock(), random: () => 0 });
  expect((await faulty.run('Where is order 7?', { stream: true })).output).toBe('Order 7 is shipped.');
});

test('retries a busy server after the requested pause', async () => {
  const { agent } = await support();
  const busy = respond.httpError(429, { headers: { 'retry-after': '20' } });
  const server = await offlineServer({ script: [busy, respond.text('Here.')] });
  onTestFinished(() => server.close());
  const clock = manualClock();
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, price });
  expect((await agent.with({ model, clock }).run('Where is order 7?')).output).toBe('Here.');
  expect(clock.slept).toEqual([20_000]);
});

test('keeps the promises of Pawl with generated arguments for every tool', async () => {
  const { agent } = await support();
  const explored = agent.with({ model: schemaModel(), limits: { turns: 8, toolCalls: 20 } });
  const { statuses, tools } = await exploreAgent(explored, { seeds: 10, exercises: ['once', 'every-branch'] });
  expect(Object.keys(statuses)).toEqual(['completed']);
  expect(tools['find_order']).toMatchObject({ failed: 0 });
});

test('finds an order with the tool alone, and rejects invalid input', async () => {
  const { findOrder } = await support();
  expect(await testTool(findOrder).call({ order: 7 })).toMatchObject({
    status: 'finished',
    content: '{"order":7,"status":"shipped"}',
  });
  expect(await testTool(findOrder).call({ order: 'seven' })).toMatchObject({ status: 'failed', reason: 'invalid' });
  expect(testTool(findOrder).warnings).toEqual([]);
});

test('attaches a repeated request to the same run, and leaves unfinished runs to the next process', async () => {
  const { agent } = await support();
  const file = createFile();
  const model = scriptedModel(
    ({ messages }) => (messages.some(({ role }) => role === 'tool') ? findsOrder[1] : findsOrder[0]) as never,
    { price },
  );
  const working = agent.with({ model });
  const host = openSqlite(file);
  const options = { host, runId: 'request-1', onExistingRun: 'attach' } as const;
  const [first, second] = await Promise.all([1, 2].map(() => working.run('Where is order 7?', options).outcome()));
  expect(first).toEqual(second);
  expect(model.requests).toHaveLength(2);
  await host.enqueue('support', 'Where is order 8?', { runId: 'request-2' });
  await host.close({ graceMs: 10_000 });
  const next = openSqlite(file);
  const resumed = await next.resumeAll([working]);
  expect(await Promise.all(resumed.map((run) => run.outcome()))).toMatchObject([
    { status: 'completed', runId: 'request-2' },
  ]);
});

test('reports a failure with its code and without the key', async () => {
  const { agent } = await support();
  const server = await offlineServer({ script: [respond.httpError(401), respond.text('Never.')] });
  onTestFinished(() => server.close());
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, price, apiKey: 'sk-very-secret' });
  const run = agent.with({ model, clock: manualClock() }).run('Where is order 7?');
  const events: RunEvent[] = [];
  run.on('*', (event) => events.push(event));
  expect(await run.outcome()).toHaveOutcome('failed');
  expect(events.find(({ type }) => type === 'attempt.failed')).toMatchObject({ error: { code: 'http.401' } });
  expect(JSON.stringify(events)).not.toContain('very-secret');
});

test('replays a cassette without the server', async () => {
  const { agent } = await support();
  const folder = createFolder();
  const server = await offlineServer({ script: findsOrder });
  const ask = async (): Promise<string> => {
    const tape = cassette(join(folder, 'order.jsonl'), { ci: false });
    const model = openai('gpt-5-mini', { baseURL: server.baseURL, price, fetch: tape.fetch });
    return (await agent.with({ model }).run('Where is order 7?')).output;
  };
  const recorded = await ask();
  await server.close();
  expect(await ask()).toBe(recorded);
});

test('evaluates its cases within its limits', async () => {
  const { agent } = await support();
  const evaluation = await evaluate({
    name: 'orders',
    cases: [{ name: 'seven', input: 'Where is order 7?', expected: 'shipped' }],
    run: ({ input }) =>
      agent
        .with({ model: scriptedModel(findsOrder, { price }) })
        .run(input)
        .outcome(),
    scorers: [within({ turns: 2, cost: 0.1 })],
  });
  expect(report(evaluation, { threshold: 1, print: () => undefined })).toMatchObject({ exitCode: 0, faults: [] });
});
