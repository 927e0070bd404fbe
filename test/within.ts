import { setTimeout } from 'node:timers/promises';

/** What comes within so many milliseconds of this process's own: where a busy machine gives it no turn, time stands still. */
export async function resolveWithin<T>(ms: number, coming: Promise<T>): Promise<T> {
  let hasCome = false;
  const come = (): void => {
    hasCome = true;
  };
  coming.then(come, come);
  for (let spentMs = 0, before = performance.now(); !hasCome; ) {
    if (spentMs >= ms) throw new Error(`It has not come within ${ms} ms.`);
    await setTimeout(1);
    const now = performance.now();
    spentMs += Math.min(now - before, TURN_MS);
    before = now;
  }
  return coming;
}

/** What a timer of one millisecond takes at the most where there is time. */
const TURN_MS = 2;
