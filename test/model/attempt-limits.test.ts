import { type ChatModel, ModelError, TimeoutError, withFallback } from '@pawl/core';
import type { Delta } from '@pawl/core/chat';
import { type ManualClock, manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { type RetryPolicy, resolveRetryPolicy, runAttempts } from '../../packages/core/src/model/attempts.ts';

const policy = resolveRetryPolicy({ maxAttempts: 2, attemptTimeoutMs: 10_000 });
const busy = new ModelError('busy', { code: 'test.busy' });
const random = (): number => 0.5;
const request = { messages: [] };
const streamed = { ...request, stream: true };

// By hand: it ignores its signal, which no scripted model does.
const deaf: ChatModel = { name: 'm', send: () => new Promise(() => undefined) };

test('ends an attempt at its deadline, even if the model ignores the signal', async () => {
  const clock = manualClock();
  const errors: unknown[] = [];
  const started = runAttempts(withFallback(deaf, scriptedModel([respond.text('hi')])), request, {
    policy: { ...policy, maxAttempts: 1 },
    random,
    context: { clock },
    onFailure: ({ error }) => void errors.push(error),
  });
  await clock.advance(10_000);
  const { attempt } = await started;
  const message = 'Model "m" did not respond in full within 10 s. If it needs more time, raise attemptTimeoutMs.';
  expect({ attempt, errors, running: clock.running }).toEqual({
    attempt: 2,
    errors: [new TimeoutError(message, { phase: 'attempt', timeoutMs: 10_000 })],
    running: [],
  });
});

test('does not count the time in which a reader is behind', async () => {
  const clock = manualClock();
  const seen: (readonly number[])[] = [];
  const rest = Promise.withResolvers<void>();
  const model = scriptedModel([
    async () => {
      await clock.advance(4000);
      return respond.stall(respond.text('a'), { afterChunks: 1, until: rest.promise });
    },
  ]);
  const onDelta = async (): Promise<void> => {
    await Promise.resolve();
    seen.push(clock.running);
    await clock.advance(50_000);
  };
  const asked = runAttempts(model, streamed, { policy, random, context: { clock, onDelta } });
  while (clock.now() < 54_000) await new Promise((turn) => setImmediate(turn));
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
  seen.push(clock.running);
  rest.resolve();
  await asked;
  expect(seen).toEqual([[], [6000]]);
});

test('ignores what a model reports after its attempt ended', async () => {
  const clock = manualClock();
  const heard: Delta[] = [];
  let tellLate = (): void => undefined;
  const model = scriptedModel([
    (_, { onDelta, onRepaired }) => {
      onDelta?.({ type: 'text', delta: 'in time' });
      tellLate = () => {
        onDelta?.({ type: 'text', delta: 'late' });
        onRepaired?.([]);
      };
      throw busy;
    },
    () => {
      tellLate();
      return respond.text('hi');
    },
  ]);
  const context = {
    clock,
    onDelta: (delta: Delta) => void heard.push(delta) as undefined,
    onRepaired: () => void heard.pop(),
  };
  await runAttempts(model, request, { policy, random, context });
  tellLate();
  expect(heard).toEqual([{ type: 'text', delta: 'in time' }]);
});

test.each(['before the first attempt', 'in an attempt', 'in a pause', 'while a failure is reported'])(
  'an abort %s rejects at once with its reason and starts no other attempt',
  async (when) => {
    const clock = manualClock();
    const controller = new AbortController();
    const reason = { because: 'of this test' };
    const reported: string[] = [];
    const abortIf = (now: string): void => {
      reported.push(now);
      if (now === when) controller.abort(reason);
    };
    abortIf('before the first attempt');
    const failing = scriptedModel(() => {
      abortIf('in an attempt');
      if (when === 'in an attempt') return respond.stall(respond.text('never'));
      throw busy;
    });
    const sleep: ManualClock['sleep'] = (ms, signal) => {
      abortIf('in a pause');
      return clock.sleep(ms, signal);
    };
    const rejection = await runAttempts(withFallback(failing, scriptedModel([respond.text('hi')])), request, {
      policy,
      random,
      context: {
        clock: { now: () => 0, after: (ms, callback) => clock.after(ms, callback), sleep },
        signal: controller.signal,
      },
      onFailure: () => abortIf('while a failure is reported'),
    }).catch((error: unknown) => error);
    const course = ['before the first attempt', 'in an attempt', 'while a failure is reported', 'in a pause'];
    expect({ rejection, reported, running: clock.running }).toEqual({
      rejection: reason,
      reported: course.slice(0, course.indexOf(when) + 1),
      running: [],
    });
  },
);

const mistakes: readonly { readonly retry: RetryPolicy; readonly message: string }[] = [
  { retry: { maxAttempts: 0 }, message: "The retry policy's maxAttempts is 0. Pass a whole number of 1 or more." },
  { retry: { maxAttempts: 1.5 }, message: "The retry policy's maxAttempts is 1.5. Pass a whole number of 1 or more." },
  { retry: { initialDelayMs: -1 }, message: "The retry policy's initialDelayMs is -1. Pass milliseconds, 0 or more." },
  {
    retry: { initialDelayMs: 900, maxDelayMs: 800 },
    message: "The retry policy's maxDelayMs is 800. Pass milliseconds, initialDelayMs (900) or more.",
  },
  {
    retry: { maxRetryAfterMs: Number.NaN },
    message: "The retry policy's maxRetryAfterMs is NaN. Pass milliseconds, 0 or more, or Infinity.",
  },
  {
    retry: { attemptTimeoutMs: 0 },
    message: "The retry policy's attemptTimeoutMs is 0. Pass milliseconds above 0, or Infinity.",
  },
];

test.each(mistakes)('an invalid retry policy is a ConfigError: $message', ({ retry, message }) => {
  expect(() => resolveRetryPolicy(retry)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test('a retry policy has defaults', () => {
  expect([resolveRetryPolicy(), resolveRetryPolicy({ maxDelayMs: 100 })]).toEqual([
    { maxAttempts: 3, initialDelayMs: 500, maxDelayMs: 30_000, maxRetryAfterMs: 60_000, attemptTimeoutMs: 600_000 },
    { maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 100, maxRetryAfterMs: 60_000, attemptTimeoutMs: 600_000 },
  ]);
});
