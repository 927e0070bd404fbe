import { type Delta, ModelError, TimeoutError, withFallback } from '@pawl/core';
import { expect, test } from 'vitest';
import { attempts, type RetryPolicy, resolveRetryPolicy } from '../../packages/core/src/model/attempts.ts';
import { ManualClock } from './manual-clock.ts';
import { never, replyOf, scripted } from './scripted-model.ts';

const policy = resolveRetryPolicy({ attempts: 2, attemptTimeoutMs: 10_000 });
const busy = new ModelError('busy', { code: 'test.busy' });
const random = (): number => 0.5;
const request = { messages: [] };

test('an attempt has a deadline, also where the model ignores its signal', async () => {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const started = attempts(scripted('m', [never, () => replyOf('hi')]), request, {
    ...{ policy, random, context: { clock } },
    onFailed: ({ error }) => void errors.push(error),
  });
  await Promise.resolve().then(() => clock.expire(10_000));
  const { attempt } = await started;
  const message = 'Model "m" had not answered in full after 10 s. If that is too short, raise attemptTimeoutMs.';
  expect({ attempt, errors, running: clock.running }).toEqual({
    attempt: 2,
    errors: [new TimeoutError(message, { phase: 'attempt', timeoutMs: 10_000 })],
    running: [],
  });
});

test('the time in which a reader is behind does not count', async () => {
  const clock = new ManualClock();
  const seen: (readonly number[])[] = [];
  const model = scripted('m', [
    async ({ onDelta }) => {
      clock.pass(4000);
      const told = onDelta?.({ type: 'text', delta: 'a' });
      seen.push(clock.running);
      clock.pass(50_000);
      await told;
      seen.push(clock.running);
      return replyOf('a');
    },
  ]);
  await attempts(model, request, { policy, random, context: { clock, onDelta: () => Promise.resolve() } });
  expect(seen).toEqual([[], [6000]]);
});

test('what a model tells after its attempt is over goes nowhere', async () => {
  const clock = new ManualClock();
  const heard: Delta[] = [];
  let tellLate = (): void => undefined;
  const model = scripted('m', [
    ({ onDelta, onMended }) => {
      onDelta?.({ type: 'text', delta: 'in time' });
      tellLate = () => {
        onDelta?.({ type: 'text', delta: 'late' });
        onMended?.([]);
      };
      throw busy;
    },
    () => {
      tellLate();
      return replyOf('hi');
    },
  ]);
  const context = {
    clock,
    onDelta: (delta: Delta) => void heard.push(delta) as undefined,
    onMended: () => void heard.pop(),
  };
  await attempts(model, request, { policy, random, context });
  tellLate();
  expect(heard).toEqual([{ type: 'text', delta: 'in time' }]);
});

test.each(['before the first attempt', 'in an attempt', 'in a pause', 'while a failure is told'])(
  'an abort %s is the end at once, with its reason and without another attempt',
  async (when) => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const reason = { because: 'of this test' };
    const told: string[] = [];
    const abortIf = (now: string): void => {
      told.push(now);
      if (now === when) controller.abort(reason);
    };
    abortIf('before the first attempt');
    const failing = scripted('m', [
      () => {
        abortIf('in an attempt');
        if (when === 'in an attempt') return never({});
        throw busy;
      },
    ]);
    const sleep: ManualClock['sleep'] = (ms, signal) => {
      abortIf('in a pause');
      return ManualClock.prototype.sleep.call(clock, ms, signal);
    };
    const rejection = await attempts(withFallback(failing, scripted('b', [() => replyOf('hi')])), request, {
      policy,
      random,
      context: {
        clock: { now: () => 0, after: (ms, callback) => clock.after(ms, callback), sleep },
        signal: controller.signal,
      },
      onFailed: () => abortIf('while a failure is told'),
    }).catch((error: unknown) => error);
    const course = ['before the first attempt', 'in an attempt', 'while a failure is told', 'in a pause'];
    expect({ rejection, told, running: clock.running }).toEqual({
      rejection: reason,
      told: course.slice(0, course.indexOf(when) + 1),
      running: [],
    });
  },
);

const mistakes: readonly { readonly retry: RetryPolicy; readonly message: string }[] = [
  { retry: { attempts: 0 }, message: "The retry policy's attempts is 0. Give a whole number from 1." },
  { retry: { attempts: 1.5 }, message: "The retry policy's attempts is 1.5. Give a whole number from 1." },
  { retry: { minDelayMs: -1 }, message: "The retry policy's minDelayMs is -1. Give milliseconds from 0." },
  {
    retry: { minDelayMs: 900, maxDelayMs: 800 },
    message: "The retry policy's maxDelayMs is 800. Give milliseconds from minDelayMs (900).",
  },
  {
    retry: { maxRetryAfterMs: Number.NaN },
    message: "The retry policy's maxRetryAfterMs is NaN. Give milliseconds from 0, or Infinity.",
  },
  {
    retry: { attemptTimeoutMs: 0 },
    message: "The retry policy's attemptTimeoutMs is 0. Give milliseconds above 0, or Infinity.",
  },
];

test.each(mistakes)('a retry policy that cannot be is a ConfigError: $message', ({ retry, message }) => {
  expect(() => resolveRetryPolicy(retry)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test('a retry policy has defaults', () => {
  expect([resolveRetryPolicy(), resolveRetryPolicy({ maxDelayMs: 100 })]).toEqual([
    { attempts: 3, minDelayMs: 500, maxDelayMs: 30_000, maxRetryAfterMs: 60_000, attemptTimeoutMs: 600_000 },
    { attempts: 3, minDelayMs: 100, maxDelayMs: 100, maxRetryAfterMs: 60_000, attemptTimeoutMs: 600_000 },
  ]);
});
