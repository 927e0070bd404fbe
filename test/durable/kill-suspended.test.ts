import { join } from 'node:path';
import type { Outcome } from '@pawl/core';
import { checkHistory } from '@pawl/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram, type ProgramBundle } from './bundle-program.ts';
import { createFile } from './hosts.ts';
import { listKillPoints, type ProcessKillPoint, runProcess } from './killed-process.ts';

let program: ProgramBundle;

beforeAll(async () => {
  program = await bundleProgram(join(import.meta.dirname, 'suspending-worker.ts'));
});

afterAll(() => program.remove());

function getResult(outcome: Outcome | undefined, callId: string): unknown {
  return outcome?.messages.find((message) => message.role === 'tool' && message.tool_call_id === callId)?.content;
}

const UNKNOWN_OUTCOME = 'The outcome of this call is unknown: the process stopped while it ran.';

test('a run whose process is killed at any action of a call that suspends with a state resumes with the state', async () => {
  const undisturbed = await runProcess(program, createFile());
  const expected = {
    once: 'value of unknown_outcome:1.0:1 and value of unknown_outcome:1.0:2',
    often: 'value of unknown_outcome:1.1:1 and value of unknown_outcome:1.1:2',
  };
  expect(getResult(undisturbed.outcome, 'call_once')).toBe(expected.once);
  let unknownOutcomes = 0;
  const killAt = async (fatal: ProcessKillPoint): Promise<void> => {
    const file = createFile();
    const killed = await runProcess(program, file, fatal);
    expect(killed.outcome).toBeUndefined();
    const { outcome, journal } = await runProcess(program, file);
    expect(outcome?.status).toBe('completed');
    expect(checkHistory(outcome?.messages ?? [])).toEqual([]);
    expect(getResult(outcome, 'call_often')).toBe(expected.often);
    const once = String(getResult(outcome, 'call_once'));
    // Only a process that was killed within the call leaves its outcome unknown.
    if (once !== expected.once) {
      expect(once).toContain(UNKNOWN_OUTCOME);
      unknownOutcomes++;
    }
    const started = journal.filter((what) => what.startsWith('start once'));
    expect(new Set(started).size).toBe(started.length);
  };
  const points = listKillPoints(undisturbed.journal);
  expect(points.length).toBeGreaterThan(20);
  for (let at = 0; at < points.length; at += 2) await Promise.all(points.slice(at, at + 2).map(killAt));
  expect(unknownOutcomes).toBeGreaterThanOrEqual(4); // In each round, and at the end of the last one.
});
