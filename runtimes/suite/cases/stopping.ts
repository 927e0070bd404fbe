import { Agent, tool } from '@pawl/core';
import { z } from 'zod';
import { assertSame, type SuiteCase } from '../case.ts';

/** Aborts, deadlines and limits. */
export const stoppingCases: readonly SuiteCase[] = [
  {
    name: 'aborts during a stream, and leaves a valid conversation',
    async run({ model }) {
      const run = new Agent({ model: model() }).run('Hi');
      run.on('text.delta', () => run.abort('enough'));
      const outcome = await run.outcome();
      assertSame([outcome.status, outcome.messages.at(0)], ['aborted', { role: 'user', content: 'Hi' }]);
    },
  },
  {
    name: 'aborts while waiting for a response',
    async run({ model }) {
      const controller = new AbortController();
      const run = new Agent({ model: model() }).run('Hi', { signal: controller.signal });
      run.on('attempt.started', () => void setTimeout(() => controller.abort('enough'), 50));
      assertSame((await run.outcome()).status, 'aborted');
    },
  },
  {
    name: 'aborts a running tool',
    async run({ model }) {
      let abortReason: unknown;
      const slow = tool({
        name: 'slow',
        description: 'Takes for ever.',
        input: z.object({}),
        execute: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              abortReason = signal.reason;
              reject(signal.reason);
            });
          }),
      });
      const run = new Agent({ model: model(), tools: [slow] }).run('Go.');
      run.on('tool.started', () => void setTimeout(() => run.abort('enough'), 1));
      const { status, messages } = await run.outcome();
      assertSame([status, abortReason, messages.at(-1)?.role], ['aborted', 'enough', 'tool']);
    },
  },
  {
    name: 'times out when a stream stalls',
    async run({ model }) {
      const silent = model({ timeouts: { idleMs: 100 } });
      const outcome = await new Agent({ model: silent, retry: { maxAttempts: 1 } })
        .run('Hi', { stream: true })
        .outcome();
      assertSame(outcome.status === 'failed' && outcome.error.name, 'TimeoutError');
    },
  },
  {
    name: 'times out when no response starts',
    async run({ model }) {
      const silent = model({ timeouts: { firstByteMs: 100 } });
      const outcome = await new Agent({ model: silent, retry: { maxAttempts: 1 } }).run('Hi').outcome();
      assertSame(outcome.status === 'failed' && outcome.error.name, 'TimeoutError');
    },
  },
  {
    name: 'refuses a decompression bomb',
    async run({ model }) {
      const small = model({ responseLimits: { maxBytes: 1_000_000 } });
      const outcome = await new Agent({ model: small }).run('Hi').outcome();
      assertSame(outcome.status === 'failed' && outcome.error.code, 'response.too_large');
    },
  },
  {
    name: 'times out a slow tool, and continues the run',
    async run({ model }) {
      const slow = tool({
        name: 'slow',
        description: 'Takes for ever.',
        input: z.object({}),
        timeoutMs: 50,
        execute: () => new Promise(() => undefined),
      });
      const run = new Agent({ model: model(), tools: [slow] }).run('Go.');
      const reasons: string[] = [];
      run.on('tool.failed', ({ reason }) => void reasons.push(reason));
      assertSame([(await run).output, reasons], ['Never mind.', ['timeout']]);
    },
  },
  {
    name: 'ends with an answer at the limit on turns',
    async run({ model }) {
      const more = tool({ name: 'more', description: 'More.', input: z.object({}), execute: () => 'more' });
      const outcome = await new Agent({ model: model(), tools: [more], limits: { turns: 2 } }).run('Go.').outcome();
      assertSame(outcome.status === 'limited' && [outcome.limit, outcome.output], ['turns', 'So far.']);
    },
  },
];
