import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { ToolError } from '@pawl/core';
import { buildBubblewrapArguments, type SandboxOptions } from './bubblewrap.ts';
import { findIsolationPrograms, type IsolationPrograms } from './find-program.ts';

/** Whether a child runs in namespaces of its own: if this machine can (`prefer`), or not at all without them (`require`), or never. */
export type IsolationMode = 'prefer' | 'require' | 'none';

export interface ProcessIdentity {
  readonly uid: number;
  readonly gid: number;
}

/** A program with its arguments. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
}

/** Limits that the kernel keeps for each process of a child. */
export interface KernelLimits {
  readonly maxDataBytes: number;
  readonly maxCpuSeconds: number;
  readonly maxProcesses: number;
}

/** A program with the arguments that isolate and limit it. */
export interface WrappedProgram extends Program {
  readonly isIsolated: boolean;
  /** A value of an unused limit that every process inherits: a process that has it was started by this child. */
  readonly mark: number | undefined;
}

/** Isolates and limits children with the programs that work on this machine. */
export class Isolation {
  readonly #mode: IsolationMode;
  readonly #user: ProcessIdentity | undefined;
  #detection: Promise<DetectionResult> | undefined;

  constructor({ mode, user }: { readonly mode: IsolationMode; readonly user?: ProcessIdentity | undefined }) {
    this.#mode = mode;
    this.#user = user;
  }

  /** Whether children run in namespaces of their own on this machine. */
  async isAvailable(): Promise<boolean> {
    return (await this.#findPrograms()).bubblewrap !== undefined;
  }

  /** Rejects with a `ToolError` if isolation is required and not available. */
  async wrap(program: Program, options: SandboxOptions & KernelLimits): Promise<WrappedProgram> {
    const { bubblewrap, prlimit } = await this.#findPrograms();
    if (bubblewrap === undefined && this.#mode === 'require') {
      throw new ToolError(
        'Nothing was run: isolation is required, and this machine has none. Tell the user that bubblewrap is missing or may not create namespaces.',
      );
    }
    const inside = limitProgram(program, { prlimit, limits: options, uid: this.#user?.uid ?? process.getuid?.() });
    if (bubblewrap === undefined) return inside;
    const args = [...buildBubblewrapArguments(options), inside.path, ...inside.args];
    return { path: bubblewrap, args, isIsolated: true, mark: undefined };
  }

  /** Limits a running process with arguments of `prlimit`. Rejects if that fails; does nothing if there is no `prlimit`. */
  async limitProcess(pid: number, limits: readonly string[]): Promise<void> {
    const { prlimit } = await this.#findPrograms();
    if (prlimit === undefined) return;
    if (!(await this.#canRun(prlimit, ['--pid', String(pid), ...limits])))
      throw new ToolError('The process could not be limited.');
  }

  /** Repeats a failed trial at the next call: the machine may have been out of processes. */
  async #findPrograms(): Promise<IsolationPrograms> {
    this.#detection ??= this.#detect();
    const { programs: found, isFinal } = await this.#detection;
    if (!isFinal) this.#detection = undefined;
    return found;
  }

  /** Tries the installed programs: many containers do not allow them to create namespaces. */
  async #detect(): Promise<DetectionResult> {
    const installed = findIsolationPrograms();
    const prlimit = (await this.#canRun(installed.prlimit, ['--core=0', '--locks=1000000', '/bin/true']))
      ? installed.prlimit
      : undefined;
    const nothing: SandboxOptions = { writable: [], readable: [], network: 'none', folder: '/' };
    const isTried = this.#mode !== 'none';
    const canIsolate =
      isTried && (await this.#canRun(installed.bubblewrap, [...buildBubblewrapArguments(nothing), '/bin/true']));
    const found = { prlimit, bubblewrap: canIsolate ? installed.bubblewrap : undefined };
    return {
      programs: found,
      isFinal: prlimit === installed.prlimit && (canIsolate || !isTried || installed.bubblewrap === undefined),
    };
  }

  #canRun(program: string | undefined, args: readonly string[]): Promise<boolean> {
    if (program === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const trial = spawn(program, args, { ...this.#user, env: {}, stdio: 'ignore', timeout: TRIAL_MS, cwd: '/' });
      trial.on('error', () => resolve(false));
      trial.on('exit', (code) => resolve(code === 0));
    });
  }
}

const TRIAL_MS = 5_000;

interface DetectionResult {
  readonly programs: IsolationPrograms;
  /** Whether every installed program worked. */
  readonly isFinal: boolean;
}

interface LimitOptions {
  readonly prlimit: string | undefined;
  readonly limits: KernelLimits;
  readonly uid: number | undefined;
}

function limitProgram({ path, args }: Program, { prlimit, limits, uid }: LimitOptions): WrappedProgram {
  if (prlimit === undefined) return { path, args, isIsolated: false, mark: undefined };
  const { maxDataBytes, maxCpuSeconds, maxProcesses } = limits;
  const mark = createMark();
  const set = [
    '--core=0',
    `--data=${maxDataBytes}`,
    `--cpu=${maxCpuSeconds}`,
    `--locks=${mark}:${mark}`,
    `--nproc=${maxProcesses + countTasks(uid)}`,
  ];
  return { path: prlimit, args: [...set, path, ...args], isIsolated: false, mark };
}

/** Counts a user's processes and threads: the kernel's limit includes those outside the child. */
function countTasks(uid: number | undefined): number {
  const counts = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      const status = readIfThere(`/proc/${pid}/status`);
      const isTheirs = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid;
      return isTheirs ? Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]) : 0;
    });
  return counts.reduce((sum, count) => sum + count, 0);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const MAX_LOCKS = 2 ** 50;

/** Stays below this process's own limit: this process may itself have a mark. */
function createMark(): number {
  const [, own = ''] = LOCK_LIMIT.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const max = own === 'unlimited' ? MAX_LOCKS : Math.min(Number(own), MAX_LOCKS);
  return max - randomInt(1, Math.min(2 ** 30, max));
}

/** The hard limit on file locks: Linux has not enforced it since 2.4.24, but processes inherit it. */
export const LOCK_LIMIT: RegExp = /^Max file locks +\S+ +(\S+)/m;
