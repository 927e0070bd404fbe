import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { Agent, openai, tool } from '@pawl/core';
import { checkHistory, offlineServer, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { resolveWithin } from '../within.ts';
import { call, createCalls, createOutcome, createResult } from './play.ts';
import { weather } from './weather.ts';

const CANCELLED = 'Cancelled: the run ended before this call returned a result. It may still have had its effect.';

/** On the system clock: the test looks for timers that are left. */
test.each([{ stream: true }, { stream: false }])(
  'B14: a run with a tool that never settles ends within 50 ms of its abort and leaves nothing open, stream: $stream',
  async ({ stream }) => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): number => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    onTestFinished(() => void process.off('unhandledRejection', onRejection));
    const server = await offlineServer({
      script: [
        respond.calls([{ name: 'hang' }, { name: 'get_weather', arguments: { city: 'Oslo' } }], { usage: USAGE }),
      ],
    });
    const timers = timersFromNow();
    const hang = tool({
      name: 'hang',
      description: 'Hangs and ignores its signal.',
      input: z.object({}),
      execute: () => new Promise(() => undefined),
    });
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), tools: [hang, weather] });
    const run = agent.run('Go.', { runId: 'run', stream });
    await new Promise((resolve) => run.on('tool.finished', resolve));
    expect(timers()).toBeGreaterThan(0);

    run.abort(new Error('The user went away.'));
    const outcome = await resolveWithin(50, run.outcome());

    const messages = [
      createCalls(call('call_1', 'hang'), call('call_2', 'get_weather', { city: 'Oslo' })),
      createResult('call_1', CANCELLED),
      createResult('call_2', 'Rain in Oslo.'),
    ];
    const durationMs = expect.any(Number);
    expect(outcome).toEqual({
      status: 'aborted',
      reason: 'The user went away.',
      ...createOutcome(messages, { toolCallCount: 1, durationMs }),
    });
    expect(checkHistory(outcome.messages)).toEqual([]);
    await server.close();
    await setImmediate();
    expect(timers()).toBe(0);
    expect(rejections).toEqual([]);
  },
);

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/**
 * Counts the timers that Pawl has started since then and that keep the process alive. Timers of the test runner and of
 * earlier tests do not count.
 */
function timersFromNow(): () => number {
  const begun = new Map<number, NodeJS.Timeout>();
  const hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (type === 'Timeout' && new Error('here').stack?.includes('packages/core/')) {
        begun.set(id, resource as NodeJS.Timeout);
      }
    },
    destroy: (id) => begun.delete(id),
  }).enable();
  onTestFinished(() => void hook.disable());
  return () => [...begun.values()].filter((timer) => timer.hasRef()).length;
}
