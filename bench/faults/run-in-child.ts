import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Fault, FrameworkRun, ToolExecution } from './fault.ts';

export interface RunInChildOptions {
  readonly name: string;
  readonly fault: Fault;
  readonly baseURL: string;
  readonly deadlineMs: number;
}

type ChildMessage = { readonly ran: ToolExecution } | { readonly did: FrameworkRun };

/** Runs a framework in a process of its own. Kills the process at the deadline. */
export function runInChild({ name, fault, baseURL, deadlineMs }: RunInChildOptions): Promise<FrameworkRun> {
  const begun = performance.now();
  const child = fork(join(import.meta.dirname, 'child.ts'), [name, fault.name, baseURL], { silent: true });
  const ran: ToolExecution[] = [];
  let did: FrameworkRun | undefined;
  let errors = '';
  let isHung = false;
  child.stderr?.on('data', (text) => {
    errors = `${errors}${text}`.slice(-10_000);
  });
  child.on('message', (message: ChildMessage) => {
    if ('ran' in message) ran.push(message.ran);
    else did = message.did;
  });
  const timer = setTimeout(() => {
    isHung = true;
    child.kill('SIGKILL');
  }, deadlineMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      const durationMs = Math.round(performance.now() - begun);
      if (isHung && did === undefined) resolve({ ended: 'hung', ran, durationMs });
      else if (code === 0 && did !== undefined) resolve(did);
      else resolve({ ...did, ended: 'died', error: findLastError(errors), ran, durationMs });
    });
  });
}

/** Finds the line in which Node reports the error that ended the process. */
export function findLastError(errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim());
  return lines.findLast((line) => /^(Uncaught )?\w*Error\b/.test(line)) ?? lines.at(-1) ?? '';
}
