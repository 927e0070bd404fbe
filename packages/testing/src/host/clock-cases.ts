import type { WaitOptions } from '@pawl/core/host';
import { has, refuses, same } from './expect.ts';
import { APPROVAL, APPROVE, type Body, COMPLETED, held, PARKED, record, resumed, SUSPENDED, step } from './kit.ts';

const HOUR_MS = 3_600_000;

const WRONG = [Number.NaN, Number.NEGATIVE_INFINITY, 'soon'] as const;

/** Clocks that give fractions, that jump, and numbers that are none. */
export const clockCases: Readonly<Record<string, Body>> = {
  'accepts a clock that gives fractions of milliseconds, and keeps whole ones': async ({ host, goBack }) => {
    goBack(0.4);
    const stepRunner = await host.start({ ...record('run'), at: 900.7 });
    await stepRunner.step(step('model:1', 'a', { effect: 'non-idempotent' }));
    await stepRunner.waitFor('approval:1.0', APPROVAL);
    await host.release('run', SUSPENDED);
    await host.answer('run', 'approval:1.0', APPROVE);
    await host.enqueue('agent', 'Go.', { runId: 'queued' });
    await host.fork('run', { before: 'model:1', runId: 'fork' });
    await host.cancel('fork');
    const { stepRunner: next } = await held(host, 'run');
    same(await next.step(step('model:1', 'b')), 'a', 'The run goes on.');
    await host.release('run', COMPLETED);
    const runs = await host.listRuns();
    has(runs[0], { runId: 'run', startedAt: 900, updatedAt: 999 }, 'Times are whole milliseconds, and never later.');
    const times = runs.flatMap(({ startedAt, updatedAt }) => [startedAt, updatedAt]);
    same(times.filter(Number.isInteger).length, 6, 'Every time of every run is a whole number.');
  },

  'a wait of a fraction of milliseconds ends, and never early': async ({ host, clock, goBack }) => {
    goBack(0.4);
    const stepRunner = await host.start(record('run'));
    const wait = (): ReturnType<typeof stepRunner.waitFor> =>
      stepRunner.waitFor('approval:1.0', { ...APPROVAL, timeoutMs: 1_000 / 7 });
    same(await wait(), PARKED, 'It waits.');
    await clock.advance(142);
    same(await wait(), PARKED, 'It waits for no less than it was given.');
    await clock.advance(2);
    same(await wait(), { type: 'expired' }, 'It ends.');
  },

  'a wait may be longer than a database can count, and still takes an answer': async ({ host }) => {
    const stepRunner = await host.start(record('run'));
    const lengths = [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 1e300];
    for (const [index, timeoutMs] of lengths.entries()) {
      const options: WaitOptions = { ...APPROVAL, timeoutMs };
      const name = `approval:1.${index}`;
      same(await stepRunner.waitFor(name, options), PARKED, `It waits for ${timeoutMs} ms.`);
      await host.answer('run', name, APPROVE);
    }
    const next = await resumed(host, 'run');
    same((await next.waitFor('approval:1.2', APPROVAL)).type, 'answered', 'The answer is kept.');
  },

  'refuses numbers that mean nothing': async ({ host }) => {
    const stepRunner = await host.start(record('run'));
    for (const wrong of WRONG as readonly number[]) {
      const promise = `${String(wrong)} is refused where it is passed.`;
      await refuses(host.getRun('run', { after: wrong }), 'config.invalid', promise);
      await refuses(host.close({ graceMs: wrong }), 'config.invalid', promise);
      for (const name of ['limit', 'since', 'after'] as const) {
        await refuses(host.listRuns({ [name]: wrong }), 'config.invalid', promise);
      }
    }
    const endless = Promise.resolve().then(() => stepRunner.waitFor('a', { ...APPROVAL, timeoutMs: Number.NaN }));
    await refuses(endless, 'config.invalid', 'A wait has a length.');
  },

  'a jump of the date moves no run to another attempt': async ({ host, clock, goBack }) => {
    const stepRunner = await host.start(record('run'));
    for (const jumpMs of [-HOUR_MS, HOUR_MS, 25 * HOUR_MS, -49 * HOUR_MS]) {
      goBack(jumpMs);
      same(await host.claim('run'), { type: 'busy', record: record('run') }, 'A run that is at work is not taken.');
      same(await host.listRuns({ status: 'interrupted' }), [], 'Somebody works on it.');
      await clock.advance(60_000);
    }
    same(await stepRunner.step(step('model:1', 'a')), 'a', 'Whoever has it goes on with it.');
    await host.release('run', COMPLETED);
    has(await host.getRun('run'), { status: 'completed' }, 'It ends.');
  },
};
