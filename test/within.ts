import { setTimeout } from 'node:timers/promises';

/**
 * Resolves like `coming`, or rejects after `ms` of this process's own time: time in which a busy machine does not run
 * the process does not count.
 */
export async function resolveWithin<T>(ms: number, coming: Promise<T>): Promise<T> {
  let hasCome = false;
  const come = (): void => {
    hasCome = true;
  };
  coming.then(come, come);
  for (let spentMs = 0, before = performance.now(); !hasCome; ) {
    if (spentMs >= ms) throw new Error(`No result within ${ms} ms.`);
    await setTimeout(1);
    const now = performance.now();
    spentMs += Math.min(now - before, TURN_MS);
    before = now;
  }
  return coming;
}

/** The longest time that a timer of one millisecond takes on an idle machine. */
const TURN_MS = 2;
