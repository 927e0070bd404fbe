import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { ToolError } from '@pawl/core';
import { bubblewrapArguments, type SandboxOptions } from './bubblewrap.ts';
import { type Means, meansHere } from './means.ts';

/** Whether a child gets namespaces of its own: where that is possible, or else not at all, or never. */
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

/** A program as it is started. */
export interface Wrapped extends Program {
  readonly isIsolated: boolean;
  /** A limit that means nothing and is inherited by all that the child starts: whoever has it came of this child. */
  readonly mark: number | undefined;
}

/** What holds children to their limits on this machine. Found out by a trial. */
export class Isolation {
  readonly #wish: IsolationMode;
  readonly #user: ProcessIdentity | undefined;
  #means: Promise<Tried> | undefined;

  constructor({ wish, user }: { readonly wish: IsolationMode; readonly user?: ProcessIdentity | undefined }) {
    this.#wish = wish;
    this.#user = user;
  }

  /** Whether children have namespaces of their own here. */
  async isThere(): Promise<boolean> {
    return (await this.#found()).bubblewrap !== undefined;
  }

  /** Rejects with a `ToolError` where isolation is required and there is none. */
  async wrap(program: Program, options: SandboxOptions & KernelLimits): Promise<Wrapped> {
    const { bubblewrap, prlimit } = await this.#found();
    if (bubblewrap === undefined && this.#wish === 'require') {
      throw new ToolError(
        'Nothing was run: it may run in isolation only, and this machine has none. Tell the user that bubblewrap is missing, or may not make namespaces.',
      );
    }
    const inside = limited(program, { prlimit, limits: options, uid: this.#user?.uid ?? process.getuid?.() });
    if (bubblewrap === undefined) return inside;
    const args = [...bubblewrapArguments(options), inside.path, ...inside.args];
    return { path: bubblewrap, args, isIsolated: true, mark: undefined };
  }

  /** Limits what runs already, as `prlimit` is told. Rejects where that fails; does nothing where there is no `prlimit`. */
  async limit(pid: number, limits: readonly string[]): Promise<void> {
    const { prlimit } = await this.#found();
    if (prlimit === undefined) return;
    if (!(await this.#works(prlimit, ['--pid', String(pid), ...limits])))
      throw new ToolError('It could not be limited.');
  }

  /** One that failed is tried again: the machine may have had no process to spare. */
  async #found(): Promise<Means> {
    this.#means ??= this.#tried();
    const { found, isFinal } = await this.#means;
    if (!isFinal) this.#means = undefined;
    return found;
  }

  /** What is installed need not be allowed: in many containers nobody may make namespaces. */
  async #tried(): Promise<Tried> {
    const here = meansHere();
    const prlimit = (await this.#works(here.prlimit, ['--core=0', '--locks=1000000', '/bin/true']))
      ? here.prlimit
      : undefined;
    const nothing: SandboxOptions = { writable: [], readable: [], network: 'none', folder: '/' };
    const isTried = this.#wish !== 'none';
    const works = isTried && (await this.#works(here.bubblewrap, [...bubblewrapArguments(nothing), '/bin/true']));
    const found = { prlimit, bubblewrap: works ? here.bubblewrap : undefined };
    return { found, isFinal: prlimit === here.prlimit && (works || !isTried || here.bubblewrap === undefined) };
  }

  #works(program: string | undefined, args: readonly string[]): Promise<boolean> {
    if (program === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const trial = spawn(program, args, { ...this.#user, env: {}, stdio: 'ignore', timeout: TRIAL_MS, cwd: '/' });
      trial.on('error', () => resolve(false));
      trial.on('exit', (code) => resolve(code === 0));
    });
  }
}

const TRIAL_MS = 5_000;

interface Tried {
  readonly found: Means;
  /** Whether nothing that is there failed. */
  readonly isFinal: boolean;
}

interface Limiting {
  readonly prlimit: string | undefined;
  readonly limits: KernelLimits;
  readonly uid: number | undefined;
}

function limited({ path, args }: Program, { prlimit, limits, uid }: Limiting): Wrapped {
  if (prlimit === undefined) return { path, args, isIsolated: false, mark: undefined };
  const { maxDataBytes, maxCpuSeconds, maxProcesses } = limits;
  const mark = newMark();
  const set = [
    '--core=0',
    `--data=${maxDataBytes}`,
    `--cpu=${maxCpuSeconds}`,
    `--locks=${mark}:${mark}`,
    `--nproc=${maxProcesses + tasksOf(uid)}`,
  ];
  return { path: prlimit, args: [...set, path, ...args], isIsolated: false, mark };
}

/** The kernel counts all that a user has, here and elsewhere. */
function tasksOf(uid: number | undefined): number {
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

const MOST_LOCKS = 2 ** 50;

/** Never above this process's own: it might itself be a child with a mark. */
function newMark(): number {
  const [, own = ''] = LOCKS.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const most = own === 'unlimited' ? MOST_LOCKS : Math.min(Number(own), MOST_LOCKS);
  return most - randomInt(1, Math.min(2 ** 30, most));
}

/** The hard limit on locks, which Linux has not kept since 2.4.24, but inherits. */
export const LOCKS: RegExp = /^Max file locks +\S+ +(\S+)/m;
