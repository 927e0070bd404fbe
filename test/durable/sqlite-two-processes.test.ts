import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, type Host } from '@pawl/core';
import { scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { createFile, openSqlite } from './hosts.ts';
import { runTogether } from './run-together.ts';

/** Runs two processes on one file. Resolves how each run ended in each process, and the executed calls. */
async function race(
  file: string,
  how: 'start' | 'resume',
): Promise<{ ends: readonly string[][]; calls: readonly string[] }> {
  const journal = `${file}.journal`;
  writeFileSync(journal, '');
  const args = [file, journal, how];
  const ends = await runTogether<string[]>(join(import.meta.dirname, 'racer.ts'), [args, args]);
  return { ends, calls: readFileSync(journal, 'utf8').trim().split('\n').sort() };
}

const RUNS = Array.from({ length: 100 }, (_, index) => `run-${index}`);
const CALLS = RUNS.map((id) => `${id}/tool:1.0:pay`).sort();

test('if two processes start the same hundred runs, each run starts in one of them, and no call runs twice', async () => {
  const { ends, calls } = await race(createFile(), 'start');
  for (const index of RUNS.keys()) {
    expect(ends.map((each) => each[index]).sort()).toEqual(['completed', 'run.exists']);
  }
  expect(calls).toEqual(CALLS);
});

test('if two processes resume the same hundred runs, each run completes, and no call runs twice', async () => {
  const file = createFile();
  const host = openSqlite(file);
  for (const runId of RUNS) await interruptRun(host, runId);
  await host.close({ graceMs: 0 });
  const { ends, calls } = await race(file, 'resume');
  for (const index of RUNS.keys()) {
    // The process that does not get the run follows it.
    expect(ends.map((each) => each[index])).toEqual(['completed', 'completed']);
  }
  expect(calls).toEqual(CALLS);
});

/** Starts a run that its process releases before the first step. */
async function interruptRun(host: Host, runId: string): Promise<void> {
  const agent = new Agent({ model: scriptedModel([]) });
  await host.start({
    schemaVersion: 1,
    runId,
    agent: agent.name,
    messages: [{ role: 'user', content: 'Go.' }],
    limits: {},
    metadata: {},
    at: 0,
  });
}
