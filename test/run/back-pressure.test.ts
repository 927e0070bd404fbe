import { setImmediate } from 'node:timers/promises';
import { Agent, type Run, type RunEvent } from '@pawl/core';
import { type ManualClock, manualClock, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { waitForDeadlines } from '../quiet.ts';
import { served } from './served.ts';

const MARK = 256;
const WORDS = 1000;
const LONG = Array.from({ length: WORDS }, (_, index) => `word${index} `).join('');

interface Slow {
  readonly run: Run;
  readonly clock: ManualClock;
  readonly reader: AsyncIterator<RunEvent, undefined>;
  /** How many pieces were told so far. */
  readonly told: () => number;
}

/** A reader that has read one event of a run over a long stream, and then nothing until everything stands still. */
async function slowly<T>(work: (slow: Slow) => Promise<T>): Promise<T> {
  return served([respond.text(LONG)], async (model) => {
    const clock = manualClock();
    const run = new Agent({ model, clock }).run('Tell me much.');
    let told = 0;
    run.on('text.delta', () => told++);
    const reader = run[Symbol.asyncIterator]();
    await reader.next();
    while (told < MARK) await setImmediate();
    await standstill(() => told);
    return work({ run, clock, reader, told: () => told });
  });
}

async function standstill(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    for (let turn = 0; turn < 20; turn++) await setImmediate();
  }
}

test('a reader that is 256 events behind pauses the stream, and gets it whole when it reads on', async () => {
  await slowly(async ({ run, reader, told }) => {
    expect(told()).toBeGreaterThanOrEqual(MARK - 1);
    expect(told()).toBeLessThanOrEqual(MARK + 1);

    let text = '';
    for (let read = await reader.next(); !read.done; read = await reader.next()) {
      if (read.value.type === 'text.delta') text += read.value.delta;
    }
    expect(text).toBe(LONG);
    expect((await run).output).toBe(LONG);
  });
});

test('the time in which a reader pauses the stream counts against no deadline', async () => {
  await slowly(async ({ run, clock, reader }) => {
    await clock.advance(3_600_000);
    for (let read = await reader.next(); !read.done; ) read = await reader.next();

    expect((await run).output).toBe(LONG);
    await waitForDeadlines(clock);
  });
});

test('a reader that leaves lets the stream go on', async () => {
  await slowly(async ({ run, reader, told }) => {
    await reader.return?.();
    // Nobody awaits the run yet.
    while (told() < WORDS) await setImmediate();

    expect((await run).output).toBe(LONG);
  });
});

test('whoever awaits the run lets the stream go on past a slow reader', async () => {
  await slowly(async ({ run, told }) => {
    expect((await run).output).toBe(LONG);
    expect(told()).toBe(WORDS);
  });
});

test('an abort ends a run whose stream a reader has paused', async () => {
  await slowly(async ({ run, clock }) => {
    run.abort('Enough.');

    expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
    await waitForDeadlines(clock);
  });
});
