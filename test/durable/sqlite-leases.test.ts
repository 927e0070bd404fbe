import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Agent, type Clock, systemClock } from '@pawl/core';
import type { RunRecord, Step } from '@pawl/core/host';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { APPROVAL, claimRun, createFile, openSqlite } from './hosts.ts';
import { createSleeper } from './sleeper-agent.ts';

const HOUR_MS = 3_600_000;

function createRecord(runId: string): RunRecord {
  return {
    runId,
    schemaVersion: 1,
    agent: 'agent',
    messages: [{ role: 'user', content: 'Go.' }],
    limits: {},
    metadata: {},
    at: 0,
  };
}

function createStep(name: string, value: unknown): Step<unknown> {
  return { type: 'step', name, effect: 'read', work: async () => value, onRecorded: () => {} };
}

/** Creates an agent for `resumeAll` whose runs are never expected to reach the model. */
function createAgent(): Agent {
  return new Agent({ name: 'agent', model: scriptedModel([]) });
}

/** Creates a clock whose timers fire late: time passes, and callbacks wait for `runTimers`. */
function createLateClock() {
  let time = 1_000;
  const late: (() => void)[] = [];
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    after: (_, callback) => {
      late.push(callback);
      return () => undefined;
    },
    sleep: systemClock.sleep,
  };
  return {
    clock,
    passTime: (ms: number) => (time += ms),
    /** Calls the callbacks that are due. */
    runTimers: () => {
      for (const callback of late.splice(0)) callback();
    },
  };
}

test('a process that was stopped for longer than its lease does not take over its own runs', async () => {
  const { clock, passTime } = createLateClock();
  const host = openSqlite(createFile(), { clock, leaseMs: 1_000 });
  const durable = await host.start(createRecord('run'));
  passTime(1_500);
  expect(await host.resumeAll([createAgent()])).toEqual([]);
  expect(await host.claim('run')).toMatchObject({ type: 'busy' });
  expect(await host.listRuns()).toMatchObject([{ runId: 'run', status: 'running', attempts: 1 }]);
  expect(await durable.step(createStep('model:1', 'a'))).toBe('a');
});

test('a lease that is renewed late holds again if no other process has taken the run', async () => {
  const file = createFile();
  const { clock, passTime, runTimers } = createLateClock();
  const host = openSqlite(file, { clock, leaseMs: 1_000 });
  const other = openSqlite(file, { clock });
  await host.start(createRecord('run'));
  passTime(1_500);
  expect(await other.listRuns()).toMatchObject([{ status: 'interrupted' }]);
  runTimers();
  expect(await other.resumeAll([createAgent()])).toEqual([]);
  expect(await other.listRuns()).toMatchObject([{ status: 'running' }]);
});

test('a run that another process took over stays there, and the late process gets run.lost', async () => {
  const file = createFile();
  const { clock, passTime, runTimers } = createLateClock();
  const host = openSqlite(file, { clock, leaseMs: 1_000 });
  const other = openSqlite(file, { clock, leaseMs: 1_000 });
  const durable = await host.start(createRecord('run'));
  passTime(1_500);
  const taken = await claimRun(other, 'run');
  runTimers();
  await expect(durable.step(createStep('model:1', 'late'))).rejects.toMatchObject({ code: 'run.lost' });
  expect(await host.claim('run')).toMatchObject({ type: 'busy' });
  await host.release('run', undefined);
  expect(await taken.stepRunner.step(createStep('model:1', 'a'))).toBe('a');
});

test.each([HOUR_MS, -HOUR_MS])('two processes keep their runs if the date of one jumps by %s ms', async (jumpMs) => {
  const file = createFile();
  const time = manualClock({ startMs: Date.now() });
  let jump = 0;
  const jumping: Clock = {
    now: () => time.now() + jump,
    monotonic: () => time.monotonic(),
    after: (ms, callback) => time.after(ms, callback),
    sleep: (ms, signal) => time.sleep(ms, signal),
  };
  const steady = openSqlite(file, { clock: time });
  const jumper = openSqlite(file, { clock: jumping });
  await steady.start(createRecord('steady'));
  await jumper.start(createRecord('jumper'));
  jump = jumpMs;
  for (let beats = 0; beats < 4; beats++) {
    expect(await jumper.resumeAll([createAgent()])).toEqual([]);
    expect(await steady.resumeAll([createAgent()])).toEqual([]);
    await time.advance(5_000);
  }
  expect(await steady.listRuns()).toMatchObject([
    { runId: 'steady', status: 'running', attempts: 1 },
    { runId: 'jumper', status: 'running', attempts: 1 },
  ]);
});

test('a model that takes longer than a lease gets one request', async () => {
  const clock = manualClock();
  const file = createFile();
  const host = openSqlite(file, { clock, leaseMs: 1_000 });
  const other = openSqlite(file, { clock, leaseMs: 1_000 });
  const answered = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const model = scriptedModel(async () => {
    asked.resolve();
    await answered.promise;
    return respond.text('Done.');
  });
  const agent = new Agent({ name: 'agent', model });
  const run = agent.run('Go.', { host, runId: 'run' });
  await asked.promise;
  for (let count = 0; count < 10; count++) {
    await clock.advance(500);
    expect(await other.resumeAll([agent])).toEqual([]);
    expect(await host.resumeAll([agent])).toEqual([]);
  }
  answered.resolve();
  expect(await run.outcome()).toMatchObject({ status: 'completed' });
  expect(model.requests).toHaveLength(1);
  expect(await other.listRuns()).toMatchObject([{ attempts: 1 }]);
});

test('a non-idempotent call does not begin if the run was taken over after its intent was stored', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const waiting = await host.start(createRecord('waiting'));
  const durable = await host.start(createRecord('run'));
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  const begun: string[] = [];
  // Both writes share a transaction. The continuation of the first runs before the second one, as if the process had been stopped.
  const first = waiting.waitFor('approval:1.0', APPROVAL).then(() => {
    other.exec("UPDATE runs SET lease_token = 'of another process' WHERE run_id = 'run'");
  });
  const pay = durable.step({
    ...createStep('tool:1.0', 'paid'),
    effect: 'non-idempotent',
    work: async () => begun.push('pay'),
  });
  await expect(pay).rejects.toMatchObject({ code: 'run.lost' });
  await first;
  expect(begun).toEqual([]);
});

test('a process that is stopped for longer than its lease loses its run, and gets run.lost when it continues', async () => {
  const file = createFile();
  const journal = `${file}.journal`;
  writeFileSync(journal, '');
  const sleeper = spawn(process.execPath, [join(import.meta.dirname, 'sleeper.ts'), file, journal]);
  onTestFinished(() => void sleeper.kill('SIGKILL'));
  let output = '';
  sleeper.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const gone = once(sleeper, 'exit');
  await expect.poll(() => readFileSync(journal, 'utf8')).toBe('look\n');
  sleeper.kill('SIGSTOP');
  const host = openSqlite(file);
  const agent = createSleeper(journal);
  await expect.poll(() => host.listRuns({ status: 'interrupted' })).toHaveLength(1);
  const [run] = await host.resumeAll([agent]);
  expect(await run?.outcome()).toMatchObject({ status: 'completed', text: 'Done.' });
  sleeper.stdin.write('It is over.');
  sleeper.kill('SIGCONT');
  await gone;
  expect(output).toBe('run.lost');
  expect(readFileSync(journal, 'utf8').trim().split('\n')).toEqual(['look', 'look', 'pay']);
});

test('a process whose event loop is blocked keeps its run, and does not resume it a second time', async () => {
  const file = createFile();
  const journal = `${file}.journal`;
  writeFileSync(journal, '');
  const blocked = spawn(process.execPath, [join(import.meta.dirname, 'sleeper.ts'), file, journal, 'blocked']);
  let output = '';
  blocked.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(blocked, 'exit');
  expect(output).toBe('0 resumed, completed');
  expect(readFileSync(journal, 'utf8').trim().split('\n')).toEqual(['look', 'pay']);
});
