import { setImmediate } from 'node:timers/promises';
import { Agent, type Run, type RunEvent } from '@pawl/core';
import { type ManualClock, manualClock, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { waitForDeadlines } from '../quiet.ts';
import { useServer } from './use-server.ts';

const MARK = 256;
const WORDS = 1000;
const LONG = Array.from({ length: WORDS }, (_, index) => `word${index} `).join('');

interface Slow {
  readonly run: Run;
  readonly clock: ManualClock;
  readonly reader: AsyncIterator<RunEvent, undefined>;
  /** The number of pieces emitted so far. */
  readonly received: () => number;
}

/** A reader that has read one event of a run over a long stream, and then nothing until everything stands still. */
async function slowly<T>(work: (slow: Slow) => Promise<T>): Promise<T> {
  return useServer([respond.text(LONG)], async (model) => {
    const clock = manualClock();
    const run = new Agent({ model, clock }).run('Tell me much.');
    let received = 0;
    run.on('text.delta', () => received++);
    const reader = run[Symbol.asyncIterator]();
    await reader.next();
    while (received < MARK) await setImmediate();
    await standstill(() => received);
    return work({ run, clock, reader, received: () => received });
  });
}

async function standstill(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    for (let turn = 0; turn < 20; turn++) await setImmediate();
  }
}

test('pauses the stream for a reader that is 256 events behind, and loses no event', async () => {
  await slowly(async ({ run, reader, received }) => {
    expect(received()).toBeGreaterThanOrEqual(MARK - 1);
    expect(received()).toBeLessThanOrEqual(MARK + 1);

    let text = '';
    for (let read = await reader.next(); !read.done; read = await reader.next()) {
      if (read.value.type === 'text.delta') text += read.value.delta;
    }
    expect(text).toBe(LONG);
    expect((await run).output).toBe(LONG);
  });
});

test('does not count paused time against a timeout', async () => {
  await slowly(async ({ run, clock, reader }) => {
    await clock.advance(3_600_000);
    for (let read = await reader.next(); !read.done; ) read = await reader.next();

    expect((await run).output).toBe(LONG);
    await waitForDeadlines(clock);
  });
});

test('continues the stream when the slow reader leaves', async () => {
  await slowly(async ({ run, reader, received }) => {
    await reader.return?.();
    // Nobody awaits the run yet.
    while (received() < WORDS) await setImmediate();

    expect((await run).output).toBe(LONG);
  });
});

test('continues the stream for an awaited run despite a slow reader', async () => {
  await slowly(async ({ run, received }) => {
    expect((await run).output).toBe(LONG);
    expect(received()).toBe(WORDS);
  });
});

test('aborts a run whose stream is paused by a reader', async () => {
  await slowly(async ({ run, clock }) => {
    run.abort('Enough.');

    expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
    await waitForDeadlines(clock);
  });
});
