import { setImmediate } from 'node:timers/promises';
import type { ManualClock } from '@pawl/testing';
import { expect } from 'vitest';

/**
 * Waits until no deadline is pending: the rest of a stream is read after its response, under a deadline. Fails if one
 * is left.
 */
export async function waitForDeadlines(clock: ManualClock): Promise<void> {
  const givesUpAt = performance.now() + GIVES_UP_AFTER_MS;
  while (clock.pending > 0 && performance.now() < givesUpAt) await setImmediate();
  expect(clock.running).toEqual([]);
}

/** Reached only if a deadline never ends. */
const GIVES_UP_AFTER_MS = 10_000;
