import { setTimeout as delay } from 'node:timers/promises';
import type { ChildLimits, StopReason } from './child-limits.ts';
import type { ProcessTree, TreeProcess } from './process-tree.ts';

interface SupervisedChild {
  readonly pid: number;
  readonly tree: ProcessTree;
  readonly isIsolated: boolean;
  readonly limits: ChildLimits;
}

/** Enforces a child's limits, and ends it together with every process that it started. */
export class ChildSupervisor {
  /** Resolves if SIGKILL has not ended the child in time: it hangs in the kernel, so nothing waits for it. */
  readonly killTimeout: Promise<{ readonly code: undefined; readonly killedBy: 'SIGKILL' }>;
  readonly #child: SupervisedChild;
  #resolveKillTimeout: () => void = () => undefined;
  #stopReason: StopReason | undefined;
  #killing: Promise<void> | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #checkTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(child: SupervisedChild) {
    this.#child = child;
    this.killTimeout = new Promise((resolve) => {
      this.#resolveKillTimeout = () => resolve({ code: undefined, killedBy: 'SIGKILL' });
    });
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  watch(): void {
    this.#deadlineTimer = setTimeout(() => this.stop('time'), this.#child.limits.timeoutMs);
    this.#checkUsage();
  }

  /** Sends SIGTERM, then SIGKILL after `graceMs`. A child that exceeds memory or processes gets SIGKILL at once. */
  stop(reason: StopReason): void {
    const isFirst = this.#stopReason === undefined;
    this.#stopReason ??= reason;
    if (reason === 'memory' || reason === 'processes')
      void this.#kill(); // Never rejects.
    else if (isFirst) this.#terminate();
  }

  #terminate(): void {
    const { limits, tree, pid, isIsolated } = this.#child;
    const { processes: members } = tree.measure();
    // bubblewrap's own two processes end at SIGTERM without passing it on, so only the processes inside get it.
    const targets = isIsolated ? members.filter((each) => each.pid !== pid && each.parent !== pid) : members;
    for (const each of targets) sendSignal(each, 'SIGTERM');
    if (members.length === 0) sendSignalToGroup(pid, 'SIGTERM');
    this.#graceTimer = setTimeout(() => this.#kill(), limits.graceMs);
  }

  /** Ends every process that the child has left behind. */
  async close(): Promise<void> {
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#graceTimer);
    await this.#kill();
    clearTimeout(this.#checkTimer);
  }

  /** Repeats until no process is left: processes may fork faster than they are found. */
  #kill(): Promise<void> {
    this.#killing ??= this.#killAll();
    return this.#killing;
  }

  async #killAll(): Promise<void> {
    const { pid, tree } = this.#child;
    clearTimeout(this.#checkTimer);
    const until = performance.now() + KILL_TIMEOUT_MS;
    for (let found = 1; found > 0 && performance.now() < until; ) {
      sendSignalToGroup(pid, 'SIGKILL');
      // Kills each process when it is found. A process that runs until the scan ends would start more.
      found = tree.visit((member) => sendSignal(member, 'SIGKILL'));
      await delay(found === 0 ? 0 : 1);
    }
    this.#resolveKillTimeout();
  }

  #checkUsage(): void {
    if (this.#killing !== undefined) return;
    const began = performance.now();
    const { taskCount: tasks, bytes } = this.#child.tree.measure();
    const { maxMemoryBytes, maxProcesses } = this.#child.limits;
    if (bytes > maxMemoryBytes) this.stop('memory');
    else if (tasks > maxProcesses) this.stop('processes');
    // A slow scan is repeated less often.
    const pause = Math.min(Math.max(CHECK_INTERVAL_MS, 10 * (performance.now() - began)), CHECK_INTERVAL_MS * 5);
    this.#checkTimer = setTimeout(() => this.#checkUsage(), pause);
  }
}

const CHECK_INTERVAL_MS = 50;
/** A process that is still there after this time hangs in the kernel. */
const KILL_TIMEOUT_MS = 5_000;

function sendSignalToGroup(pid: number, signal: NodeJS.Signals): void {
  sendSignal({ pid: -pid }, signal);
}

function sendSignal({ pid }: Pick<TreeProcess, 'pid'>, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended, or its id belongs to another user by now.
  }
}
