import type { WaitOptions } from '@pawl/core/host';
import { expectEqual, expectFields, expectRejection } from './expect.ts';
import {
  APPROVAL,
  APPROVE,
  type CaseBody,
  COMPLETED,
  claimRun,
  createRecord,
  createStep,
  PARKED,
  resumeRun,
  SUSPENDED,
} from './kit.ts';

const HOUR_MS = 3_600_000;

const WRONG = [Number.NaN, Number.NEGATIVE_INFINITY, 'soon'] as const;

/** Clocks with fractions, clocks that jump, and invalid numbers. */
export const clockCases: Readonly<Record<string, CaseBody>> = {
  'accepts a clock with fractions of milliseconds and stores whole milliseconds': async ({
    host,
    setClockBack: goBack,
  }) => {
    goBack(0.4);
    const stepRunner = await host.start({ ...createRecord('run'), at: 900.7 });
    await stepRunner.step(createStep('model:1', 'a', { effect: 'non-idempotent' }));
    await stepRunner.waitFor('approval:1.0', APPROVAL);
    await host.release('run', SUSPENDED);
    await host.answer('run', 'approval:1.0', APPROVE);
    await host.enqueue('agent', 'Go.', { runId: 'queued' });
    await host.fork('run', { before: 'model:1', runId: 'fork' });
    await host.cancel('fork');
    const { stepRunner: next } = await claimRun(host, 'run');
    expectEqual(await next.step(createStep('model:1', 'b')), 'a', 'The run continues.');
    await host.release('run', COMPLETED);
    const runs = await host.listRuns();
    expectFields(
      runs[0],
      { runId: 'run', startedAt: 900, updatedAt: 999 },
      'Times are whole milliseconds and never later than the clock.',
    );
    const times = runs.flatMap(({ startedAt, updatedAt }) => [startedAt, updatedAt]);
    expectEqual(times.filter(Number.isInteger).length, 6, 'Every time of every run is a whole number.');
  },

  'ends a wait with a fractional timeout, and never early': async ({ host, clock, setClockBack: goBack }) => {
    goBack(0.4);
    const stepRunner = await host.start(createRecord('run'));
    const wait = (): ReturnType<typeof stepRunner.waitFor> =>
      stepRunner.waitFor('approval:1.0', { ...APPROVAL, timeoutMs: 1_000 / 7 });
    expectEqual(await wait(), PARKED, 'The call is pending.');
    await clock.advance(142);
    expectEqual(await wait(), PARKED, 'The wait lasts at least its timeout.');
    await clock.advance(2);
    expectEqual(await wait(), { type: 'expired' }, 'The wait expires.');
  },

  'accepts answers to a wait with an extremely long timeout': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    const lengths = [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 1e300];
    for (const [index, timeoutMs] of lengths.entries()) {
      const options: WaitOptions = { ...APPROVAL, timeoutMs };
      const name = `approval:1.${index}`;
      expectEqual(await stepRunner.waitFor(name, options), PARKED, `The call is pending for ${timeoutMs} ms.`);
      await host.answer('run', name, APPROVE);
    }
    const next = await resumeRun(host, 'run');
    expectEqual((await next.waitFor('approval:1.2', APPROVAL)).type, 'answered', 'The answer is stored.');
  },

  'rejects invalid numbers': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    for (const wrong of WRONG as readonly number[]) {
      const promise = `${String(wrong)} is rejected as an option.`;
      await expectRejection(host.getRun('run', { after: wrong }), 'config.invalid', promise);
      await expectRejection(host.close({ graceMs: wrong }), 'config.invalid', promise);
      for (const name of ['limit', 'since', 'after'] as const) {
        await expectRejection(host.listRuns({ [name]: wrong }), 'config.invalid', promise);
      }
    }
    const endless = Promise.resolve().then(() => stepRunner.waitFor('a', { ...APPROVAL, timeoutMs: Number.NaN }));
    await expectRejection(endless, 'config.invalid', 'The timeout of a wait must be a number.');
  },

  'keeps the claim of a run when the date jumps': async ({ host, clock, setClockBack: goBack }) => {
    const stepRunner = await host.start(createRecord('run'));
    for (const jumpMs of [-HOUR_MS, HOUR_MS, 25 * HOUR_MS, -49 * HOUR_MS]) {
      goBack(jumpMs);
      expectEqual(
        await host.claim('run'),
        { type: 'busy', record: createRecord('run') },
        'A claimed run cannot be claimed.',
      );
      expectEqual(await host.listRuns({ status: 'interrupted' }), [], 'The run is not interrupted.');
      await clock.advance(60_000);
    }
    expectEqual(await stepRunner.step(createStep('model:1', 'a')), 'a', 'The worker continues its run.');
    await host.release('run', COMPLETED);
    expectFields(await host.getRun('run'), { status: 'completed' }, 'The run finishes.');
  },
};
