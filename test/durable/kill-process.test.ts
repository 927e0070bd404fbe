import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { checkHistory } from '@pawl/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram, type ProgramBundle } from './bundle-program.ts';
import { createFile } from './hosts.ts';

interface Life {
  /** `undefined` where it was killed. */
  readonly outcome: Outcome | undefined;
  readonly journal: readonly string[];
}

/** A thing that is done, and for which time. Calls side by side end in any order: by its number it would be another each time. */
interface Point {
  readonly what: string;
  readonly times: number;
}

let program: ProgramBundle;

beforeAll(async () => {
  program = await bundleProgram(join(import.meta.dirname, 'worker.ts'));
});

afterAll(() => program.remove());

/** One process, from its start to its end, or to the point that kills it. The journal is that of all processes so far. */
async function live(file: string, fatal?: Point): Promise<Life> {
  const journal = `${file}.journal`;
  const args = fatal === undefined ? [] : [fatal.what, String(fatal.times)];
  const worker = spawn(process.execPath, [program.path, file, journal, ...args]);
  let printed = '';
  let complaints = '';
  worker.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  worker.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const signal = await new Promise((resolve) => worker.once('close', (_, signal) => resolve(signal)));
  if (signal !== 'SIGKILL' && printed === '') throw new Error(complaints);
  return {
    outcome: signal === 'SIGKILL' ? undefined : JSON.parse(printed),
    journal: existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : [],
  };
}

const IN_DOUBT = 'The outcome of this call is unknown';

/** `tool:1.1:pay` for each call that began. */
function started(journal: readonly string[]): readonly string[] {
  return journal.flatMap((line) => /^start \w+ run\/(.*)$/.exec(line)?.[1] ?? []);
}

function kept(journal: readonly string[]): readonly string[] {
  return journal.flatMap((line) => /^kept (tool:.*\d)$/.exec(line)?.[1] ?? []);
}

test('killed for real at each thing that it does, a run goes on to the same end, and does nothing finished again', async () => {
  const undisturbed = await live(createFile());
  if (undisturbed.outcome === undefined) throw new Error('It was not to be killed.');
  const points = pointsOf(undisturbed.journal);
  expect(points.length).toBeGreaterThan(40);
  const doubted = new Set<string>();
  let isGuideDoubted = false;
  const one = async (fatal: Point): Promise<void> => {
    const file = createFile();
    const killed = await live(file, fatal);
    expect(killed.outcome).toBeUndefined();
    const resumed = await live(file);
    for (const call of expectSame(resumed.outcome, undisturbed.outcome)) doubted.add(call);
    isGuideDoubted ||= wasCutOff(killed.journal, 'tool:3.1/tool:1.0:pay');
    const twice = started(resumed.journal).filter((name, index, all) => all.indexOf(name) !== index);
    expect(twice.filter((name) => /:(pay|fly)$/.test(name))).toEqual([]);
    const after = started(resumed.journal.slice(killed.journal.length));
    const finished = kept(killed.journal);
    expect(after.filter((name) => finished.some((done) => name.startsWith(`${done}:`)))).toEqual([]);
  };
  for (let at = 0; at < points.length; at += 2) await Promise.all(points.slice(at, at + 2).map(one));
  // Each call that may not be repeated was killed at least once while it ran.
  expect([...doubted].sort()).toEqual(['call_0_1', 'call_3_0', 'call_4_0']);
  expect(isGuideDoubted).toBe(true);
});

function pointsOf(journal: readonly string[]): readonly Point[] {
  return journal.map((what, index) => ({
    what,
    times: journal.slice(0, index + 1).filter((each) => each === what).length,
  }));
}

/** Whether the process died inside of a call. */
function wasCutOff(journal: readonly string[], call: string): boolean {
  return started(journal).includes(call) && !kept(journal).some((done) => call.startsWith(`${done}:`));
}

/** The same transcript, but for calls whose outcome nobody knows; gives their ids. */
function expectSame(outcome: Outcome | undefined, undisturbed: Outcome | undefined): readonly string[] {
  expect(outcome?.status).toBe('completed');
  const messages = outcome?.messages ?? [];
  expect(checkHistory(messages)).toEqual([]);
  const doubted = messages.flatMap((message) => {
    if (message.role !== 'tool' || !String(message.content).startsWith(IN_DOUBT)) return [];
    return [message.tool_call_id];
  });
  const known = (all: readonly Message[] = []): readonly Message[] =>
    all.filter((message) => message.role !== 'tool' || !doubted.includes(message.tool_call_id));
  expect(known(messages)).toEqual(known(undisturbed?.messages));
  return doubted;
}
