// What keeping a step costs: steps on SQLite, one after the other, against bare inserts of rows of the same size with the
// same synchronous setting, in turn. Then how long a run of 2,000 turns takes to go on, 4,000 steps in.
// npm run bench -- durable
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Agent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const TURNS = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'pawl-bench-'));

const noop = tool({ name: 'noop', description: 'Nothing.', input: z.object({}), effect: 'read', execute: () => 'ok' });

/** Ends after `TURNS` turns, or breaks its host off there. */
function agent(onLast?: () => void) {
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

async function timed(work: () => Promise<unknown> | undefined): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const ROUNDS = 5;
const ROWS = 1_000;
const value = { text: 'x'.repeat(400) };

function bareInserts(file: string, synchronous: string): Promise<number> {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  database.exec('CREATE TABLE steps (run_id TEXT, name TEXT, value TEXT, PRIMARY KEY (run_id, name))');
  const insert = database.prepare('INSERT INTO steps VALUES (?, ?, ?)');
  return timed(() => {
    for (let index = 0; index < ROWS; index++) insert.run('run', `step:${index}`, JSON.stringify(value));
    database.close();
    return undefined;
  });
}

/** One after the other, as the steps of one run are. */
async function steps(file: string, synchronous: 'full' | 'normal'): Promise<number> {
  const host = sqliteHost(file, { synchronous });
  const durable = await host.start({
    runId: 'run',
    schemaVersion: 1,
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
  });
  const ms = await timed(async () => {
    for (let index = 0; index < ROWS; index++) {
      const work = async () => value;
      await durable.step({ type: 'step', name: `step:${index}`, effect: 'read', work, onRecorded: () => undefined });
    }
    await host.release('run', undefined);
  });
  await host.close();
  return ms;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

for (const synchronous of ['full', 'normal'] as const) {
  const bare: number[] = [];
  const kept: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareInserts(join(folder, `bare-${synchronous}-${round}.db`), synchronous));
    kept.push(await steps(join(folder, `kept-${synchronous}-${round}.db`), synchronous));
  }
  const each = (ms: number): string => `${((ms * 1_000) / ROWS).toFixed(0)} µs`;
  const ratio = median(kept.map((ms, round) => ms / (bare[round] ?? Number.NaN)));
  console.log(
    `synchronous=${synchronous}: a step ${each(median(kept))}, a bare insert ${each(median(bare))}: ${ratio.toFixed(2)}`,
  );
}

const file = join(folder, 'resume.db');
const host = sqliteHost(file, { synchronous: 'normal' });
await agent(() => void host.close()) // Not awaited: it waits for the step that asks for it.
  .run('Go.', { host, runId: 'run' })
  .outcome()
  .catch(() => undefined);
const next = sqliteHost(file);
const resumedMs = await timed(async () => {
  const { status, turnCount: turns } = await agent().resume('run', { host: next }).outcome();
  if (status !== 'completed' || turns !== TURNS + 1) throw new Error(`It ended as ${status} after ${turns} turns.`);
});
console.log(`a run of ${TURNS} turns that was broken off goes on and ends after ${resumedMs.toFixed(0)} ms`);
await next.close();
rmSync(folder, { recursive: true });
