import { setTimeout as delay } from 'node:timers/promises';
import type { ChildLimits, StopReason } from './child-limits.ts';
import type { ProcessTree, TreeProcess } from './process-tree.ts';

interface SupervisedChild {
  readonly pid: number;
  readonly tree: ProcessTree;
  readonly isIsolated: boolean;
  readonly limits: ChildLimits;
}

/** Holds a child to its caps, and ends it with all that came of it. */
export class ChildSupervisor {
  /** When even SIGKILL has not ended it: it hangs in the kernel, and is not waited for. */
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

  /** Asks it to end, and makes it end after the grace. What grows is not asked. */
  stop(why: StopReason): void {
    const isFirst = this.#stopReason === undefined;
    this.#stopReason ??= why;
    if (why === 'memory' || why === 'processes')
      void this.#kill(); // Never rejects.
    else if (isFirst) this.#terminate();
  }

  #terminate(): void {
    const { limits, tree, pid, isIsolated } = this.#child;
    const { processes: members } = tree.measure();
    // The two that bubblewrap has around it would end without what is in them being asked.
    const asked = isIsolated ? members.filter((each) => each.pid !== pid && each.parent !== pid) : members;
    for (const each of asked) sendSignal(each, 'SIGTERM');
    if (members.length === 0) sendSignalToGroup(pid, 'SIGTERM');
    this.#graceTimer = setTimeout(() => this.#kill(), limits.graceMs);
  }

  /** It has ended: so does what it left behind. */
  async close(): Promise<void> {
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#graceTimer);
    await this.#kill();
    clearTimeout(this.#checkTimer);
  }

  /** Those who make others faster than they are found are looked for until nobody is left. */
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
      // Each as it is found: one that waits for the others to be found would make more of them.
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
    // Where there is much to look at, it is looked at less often.
    const pause = Math.min(Math.max(CHECK_INTERVAL_MS, 10 * (performance.now() - began)), CHECK_INTERVAL_MS * 5);
    this.#checkTimer = setTimeout(() => this.#checkUsage(), pause);
  }
}

const CHECK_INTERVAL_MS = 50;
/** What is not gone by then hangs in the kernel. */
const KILL_TIMEOUT_MS = 5_000;

function sendSignalToGroup(pid: number, signal: NodeJS.Signals): void {
  sendSignal({ pid: -pid }, signal);
}

function sendSignal({ pid }: Pick<TreeProcess, 'pid'>, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, or belongs to somebody else by now.
  }
}
