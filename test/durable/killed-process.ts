import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Outcome } from '@pawl/core';
import type { ProgramBundle } from './bundle-program.ts';

export interface ProcessResult {
  /** `undefined` if the process was killed. */
  readonly outcome: Outcome | undefined;
  readonly journal: readonly string[];
}

/** An action and its occurrence. Not an index in the journal: parallel calls end in any order. */
export interface ProcessKillPoint {
  readonly what: string;
  readonly times: number;
}

/** Runs one process to its end, or to the point at which it kills itself. The journal includes all earlier processes. */
export async function runProcess(
  program: ProgramBundle,
  file: string,
  fatal?: ProcessKillPoint,
): Promise<ProcessResult> {
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

/** Lists each action of a process as a point to kill it at. */
export function listKillPoints(journal: readonly string[]): readonly ProcessKillPoint[] {
  return journal.map((what, index) => ({
    what,
    times: journal.slice(0, index + 1).filter((each) => each === what).length,
  }));
}
