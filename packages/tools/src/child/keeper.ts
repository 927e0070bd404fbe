import { setTimeout as delay } from 'node:timers/promises';
import type { ChildCaps, Stopped } from './caps.ts';
import type { Family, Member } from './family.ts';

interface Kept {
  readonly pid: number;
  readonly family: Family;
  readonly isIsolated: boolean;
  readonly caps: ChildCaps;
}

/** Holds a child to its caps, and ends it with all that came of it. */
export class Keeper {
  /** When even SIGKILL has not ended it: it hangs in the kernel, and is not waited for. */
  readonly givenUp: Promise<{ readonly code: undefined; readonly killedBy: 'SIGKILL' }>;
  readonly #kept: Kept;
  #giveUp: () => void = () => undefined;
  #stopped: Stopped | undefined;
  #killed: Promise<void> | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #next: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(kept: Kept) {
    this.#kept = kept;
    this.givenUp = new Promise((resolve) => {
      this.#giveUp = () => resolve({ code: undefined, killedBy: 'SIGKILL' });
    });
  }

  get stopped(): Stopped | undefined {
    return this.#stopped;
  }

  watch(): void {
    this.#deadline = setTimeout(() => this.stop('time'), this.#kept.caps.timeoutMs);
    this.#look();
  }

  /** Asks it to end, and makes it end after the grace. What grows is not asked. */
  stop(why: Stopped): void {
    const isFirst = this.#stopped === undefined;
    this.#stopped ??= why;
    if (why === 'memory' || why === 'processes')
      void this.#kill(); // Never rejects.
    else if (isFirst) this.#ask();
  }

  #ask(): void {
    const { caps, family, pid, isIsolated } = this.#kept;
    const { members } = family.look();
    // The two that bubblewrap has around it would end without what is in them being asked.
    const asked = isIsolated ? members.filter((each) => each.pid !== pid && each.parent !== pid) : members;
    for (const each of asked) signalOne(each, 'SIGTERM');
    if (members.length === 0) signalGroup(pid, 'SIGTERM');
    this.#grace = setTimeout(() => this.#kill(), caps.graceMs);
  }

  /** It has ended: so does what it left behind. */
  async close(): Promise<void> {
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    await this.#kill();
    clearTimeout(this.#next);
  }

  /** Those who make others faster than they are found are looked for until nobody is left. */
  #kill(): Promise<void> {
    this.#killed ??= this.#killAll();
    return this.#killed;
  }

  async #killAll(): Promise<void> {
    const { pid, family } = this.#kept;
    clearTimeout(this.#next);
    const until = performance.now() + KILL_MS;
    for (let found = 1; found > 0 && performance.now() < until; ) {
      signalGroup(pid, 'SIGKILL');
      // Each as it is found: one that waits for the others to be found would make more of them.
      found = family.visit((member) => signalOne(member, 'SIGKILL'));
      await delay(found === 0 ? 0 : 1);
    }
    this.#giveUp();
  }

  #look(): void {
    if (this.#killed !== undefined) return;
    const began = performance.now();
    const { tasks, bytes } = this.#kept.family.look();
    const { maxMemoryBytes, maxProcesses } = this.#kept.caps;
    if (bytes > maxMemoryBytes) this.stop('memory');
    else if (tasks > maxProcesses) this.stop('processes');
    // Where there is much to look at, it is looked at less often.
    const pause = Math.min(Math.max(LOOK_EVERY_MS, 10 * (performance.now() - began)), LOOK_EVERY_MS * 5);
    this.#next = setTimeout(() => this.#look(), pause);
  }
}

const LOOK_EVERY_MS = 50;
/** What is not gone by then hangs in the kernel. */
const KILL_MS = 5_000;

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalOne({ pid: -pid }, signal);
}

function signalOne({ pid }: Pick<Member, 'pid'>, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, or belongs to somebody else by now.
  }
}
