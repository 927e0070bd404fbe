// Measures the cost of recording a step: steps on SQLite in sequence, compared with plain inserts of rows of the same size with the
// same synchronous setting, alternately. Then measures how long it takes to resume a run of 2,000 turns after 4,000 steps.
// npm run bench -- steps
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Agent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';
import { computeMedian } from './compare/statistics.ts';

const TURNS = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'pawl-bench-'));

const noop = tool({ name: 'noop', description: 'Nothing.', input: z.object({}), effect: 'read', execute: () => 'ok' });

/** Creates an agent that ends after `TURNS` turns, or calls `onLast` then. */
function createAgent(onLast?: () => void) {
  let turn = 0;
  const model = scriptedModel(
    ({ messages }) => {
      turn = Math.max(turn, (messages.length - 1) / 2);
      if (turn === TURNS) onLast?.();
      return turn === TURNS ? respond.text('Done.') : respond.call('noop');
    },
    { keepRequests: 1 },
  );
  return new Agent({ model, tools: [noop], limits: { turns: TURNS + 10, toolCalls: TURNS + 10 } });
}

async function measureMs(work: () => Promise<unknown> | undefined): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const ROUNDS = 5;
const ROWS = 1_000;
const value = { text: 'x'.repeat(400) };

function measureInserts(file: string, synchronous: string): Promise<number> {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  database.exec('CREATE TABLE steps (run_id TEXT, name TEXT, value TEXT, PRIMARY KEY (run_id, name))');
  const insert = database.prepare('INSERT INTO steps VALUES (?, ?, ?)');
  return measureMs(() => {
    for (let index = 0; index < ROWS; index++) insert.run('run', `step:${index}`, JSON.stringify(value));
    database.close();
    return undefined;
  });
}

/** Measures steps in sequence, like the steps of one run. */
async function measureSteps(file: string, synchronous: 'full' | 'normal'): Promise<number> {
  const host = sqliteHost(file, { synchronous });
  const runner = await host.start({
    runId: 'run',
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
    schemaVersion: 1,
  });
  const ms = await measureMs(async () => {
    for (let index = 0; index < ROWS; index++) {
      const runStep = async () => value;
      await runner.step({
        type: 'step',
        name: `step:${index}`,
        effect: 'read',
        work: runStep,
        onRecorded: () => undefined,
      });
    }
    await host.release('run', undefined);
  });
  await host.close();
  return ms;
}

for (const synchronous of ['full', 'normal'] as const) {
  const insertTimes: number[] = [];
  const stepTimes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    insertTimes.push(await measureInserts(join(folder, `bare-${synchronous}-${round}.db`), synchronous));
    stepTimes.push(await measureSteps(join(folder, `kept-${synchronous}-${round}.db`), synchronous));
  }
  const formatEach = (ms: number): string => `${((ms * 1_000) / ROWS).toFixed(0)} µs`;
  const ratio = computeMedian(stepTimes.map((ms, round) => ms / (insertTimes[round] ?? Number.NaN)));
  console.log(
    `synchronous=${synchronous}: a step takes ${formatEach(computeMedian(stepTimes))}, a plain insert ${formatEach(computeMedian(insertTimes))}: ${ratio.toFixed(2)}`,
  );
}

const file = join(folder, 'resume.db');
const host = sqliteHost(file, { synchronous: 'normal' });
await createAgent(() => void host.close()) // Not awaited: closing waits for this step to end.
  .run('Go.', { host, runId: 'run' })
  .outcome()
  .catch(() => undefined);
const next = sqliteHost(file);
const resumedMs = await measureMs(async () => {
  const { status, turnCount: turns } = await createAgent().resume('run', { host: next }).outcome();
  if (status !== 'completed' || turns !== TURNS + 1)
    throw new Error(`The run ended as ${status} after ${turns} turns.`);
});
console.log(`an interrupted run of ${TURNS} turns resumes and ends after ${resumedMs.toFixed(0)} ms`);
await next.close();
rmSync(folder, { recursive: true });
