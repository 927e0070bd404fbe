import { join } from 'node:path';
import type { Outcome } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { checkHistory } from '@pawl/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram, type ProgramBundle } from './bundle-program.ts';
import { createFile } from './hosts.ts';
import { listKillPoints, type ProcessKillPoint, runProcess } from './killed-process.ts';

let program: ProgramBundle;

beforeAll(async () => {
  program = await bundleProgram(join(import.meta.dirname, 'worker.ts'));
});

afterAll(() => program.remove());

const UNKNOWN_OUTCOME = 'The outcome of this call is unknown';

/** Lists the calls that began: `tool:1.1:pay`. */
function listStarted(journal: readonly string[]): readonly string[] {
  return journal.flatMap((line) => /^start \w+ run\/(.*)$/.exec(line)?.[1] ?? []);
}

function listRecorded(journal: readonly string[]): readonly string[] {
  return journal.flatMap((line) => /^kept (tool:.*\d)$/.exec(line)?.[1] ?? []);
}

test('a run whose process is killed at any action resumes to the same outcome, and repeats no finished call', async () => {
  const undisturbed = await runProcess(program, createFile());
  if (undisturbed.outcome === undefined) throw new Error('The undisturbed process was killed.');
  const points = listKillPoints(undisturbed.journal);
  expect(points.length).toBeGreaterThan(40);
  const unknownCalls = new Set<string>();
  let isGuideUnknown = false;
  const killAt = async (fatal: ProcessKillPoint): Promise<void> => {
    const file = createFile();
    const killed = await runProcess(program, file, fatal);
    expect(killed.outcome).toBeUndefined();
    const resumed = await runProcess(program, file);
    for (const call of expectSameTranscript(resumed.outcome, undisturbed.outcome)) unknownCalls.add(call);
    isGuideUnknown ||= wasInterrupted(killed.journal, 'tool:3.1/tool:1.0:pay');
    const twice = listStarted(resumed.journal).filter((name, index, all) => all.indexOf(name) !== index);
    expect(twice.filter((name) => /:(pay|fly)$/.test(name))).toEqual([]);
    const after = listStarted(resumed.journal.slice(killed.journal.length));
    const finished = listRecorded(killed.journal);
    expect(after.filter((name) => finished.some((done) => name.startsWith(`${done}:`)))).toEqual([]);
  };
  for (let at = 0; at < points.length; at += 2) await Promise.all(points.slice(at, at + 2).map(killAt));
  // Each `non-idempotent` call was interrupted at least once.
  expect([...unknownCalls].sort()).toEqual(['call_0_1', 'call_3_0', 'call_4_0']);
  expect(isGuideUnknown).toBe(true);
});

/** Whether the process was killed during a call. */
function wasInterrupted(journal: readonly string[], call: string): boolean {
  return listStarted(journal).includes(call) && !listRecorded(journal).some((done) => call.startsWith(`${done}:`));
}

/** Expects the same transcript, except for calls of unknown outcome. Returns the ids of those. */
function expectSameTranscript(outcome: Outcome | undefined, undisturbed: Outcome | undefined): readonly string[] {
  expect(outcome?.status).toBe('completed');
  const messages = outcome?.messages ?? [];
  expect(checkHistory(messages)).toEqual([]);
  const unknown = messages.flatMap((message) => {
    if (message.role !== 'tool' || !String(message.content).startsWith(UNKNOWN_OUTCOME)) return [];
    return [message.tool_call_id];
  });
  const known = (all: readonly Message[] = []): readonly Message[] =>
    all.filter((message) => message.role !== 'tool' || !unknown.includes(message.tool_call_id));
  expect(known(messages)).toEqual(known(undisturbed?.messages));
  return unknown;
}
