import { setImmediate } from 'node:timers/promises';
import type { ManualClock } from '@pawl/testing';
import { expect } from 'vitest';

/** Until no deadline runs any more: the rest of a stream is read behind its reply, under one. Fails where one is left behind. */
export async function waitForDeadlines(clock: ManualClock): Promise<void> {
  const givesUpAt = performance.now() + GIVES_UP_AFTER_MS;
  while (clock.pending > 0 && performance.now() < givesUpAt) await setImmediate();
  expect(clock.running).toEqual([]);
}

/** Only what never comes takes so long. */
const GIVES_UP_AFTER_MS = 10_000;
