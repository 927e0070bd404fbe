import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { AbortRun, ToolError } from './errors.ts';
import { type Tool, tool } from './tool.ts';
import type { ToolContext } from './tool-context.ts';
import { withToolRetry } from './with-tool-retry.ts';

const input = z.object({});

interface Trying {
  readonly tried: string[];
  readonly slept: number[];
  readonly clock: Clock;
  /** Fails once per error, then succeeds. */
  readonly fetch: Tool<unknown>;
}

function trying(...errors: readonly unknown[]): Trying {
  const tried: string[] = [];
  const slept: number[] = [];
  const clock: Clock = { now: () => 0, after: () => () => undefined, sleep: async (ms) => void slept.push(ms) };
  const fetch = tool({
    name: 'fetch',
    description: 'Fetches.',
    input,
    effect: 'idempotent',
    execute: (_, { idempotencyKey }) => {
      tried.push(idempotencyKey);
      const error = errors[tried.length - 1];
      if (error !== undefined) throw error;
      return 'fetched';
    },
  });
  return { tried, slept, clock, fetch };
}

function called([retrying]: readonly Tool<unknown>[], signal = new AbortController().signal): Promise<unknown> {
  const context: ToolContext = {
    signal,
    context: undefined,
    toolCallId: 'call_1',
    idempotencyKey: 'run/tool:1.0:fetch',
    runId: 'run',
    path: '',
    traceparent: undefined,
    tracestate: undefined,
    resumeData: undefined,
    state: { value: undefined, update: () => Promise.reject(new Error('No state.')) },
    onRunEnd: () => undefined,
    reportProgress: () => undefined,
    run: () => Promise.reject(new Error('There is no run here.')),
  };
  return Promise.resolve(retrying?.execute({}, context));
}

const away = new Error('away');
const always = (): boolean => true;
const never = (): boolean => false;

test('repeats a failed call with its idempotency key, after growing delays', async () => {
  const { fetch, tried, slept, clock } = trying(away, away);
  await expect(called(withToolRetry([fetch], { clock, random: () => 0 }))).resolves.toBe('fetched');
  expect(tried).toEqual(Array.from({ length: 3 }, () => 'run/tool:1.0:fetch'));
  expect(slept).toEqual([200, 400]);
});

test('rejects with the last error of the tool', async () => {
  const { fetch, tried, clock } = trying(away, away, away);
  await expect(called(withToolRetry([fetch], { clock, maxRetries: 1 }))).rejects.toBe(away);
  expect(tried).toHaveLength(2);
});

test.each([
  ['a ToolError', new ToolError('There is no such page.'), {}],
  ['an AbortRun', new AbortRun('Enough.'), { shouldRetry: always }],
  ['an error that shouldRetry refuses', away, { shouldRetry: never }],
])('does not retry after %s', async (_, error, options) => {
  const { fetch, tried, clock } = trying(error);
  await expect(called(withToolRetry([fetch], { clock, ...options }))).rejects.toBe(error);
  expect(tried).toHaveLength(1);
});

test('does not retry after the call is aborted', async () => {
  const { fetch, tried, clock } = trying(away);
  await expect(called(withToolRetry([fetch], { clock }), AbortSignal.abort())).rejects.toBe(away);
  expect(tried).toHaveLength(1);
});

test('refuses a tool that must not be repeated or runs no code of its own', () => {
  const pay = tool({ name: 'pay', description: 'Pays.', input, execute: () => 'paid' });
  const ask = tool({ name: 'ask', description: 'Asks.', input, effect: 'read' });
  expect(() => withToolRetry([pay])).toThrow('withToolRetry: tool "pay" has effect "non-idempotent"');
  expect(() => withToolRetry([ask])).toThrow(ConfigError);
  expect(() => withToolRetry([], { maxRetries: -1 })).toThrow(ConfigError);
});
