import type { ChatModel, Clock } from '@pawl/core';
import {
  type Copies,
  createCallingAgent,
  createWorkTool,
  describeEnd,
  respondCall,
  respondText,
  scriptModel,
  type TwoCopiesCase,
} from './copies.ts';

/** Creates a clock whose sleeps end at once. */
function createInstantClock(): Clock & { readonly pauses: readonly number[] } {
  const pauses: number[] = [];
  return {
    pauses,
    now: () => 0,
    after: () => () => undefined,
    async sleep(ms) {
      pauses.push(ms);
    },
  };
}

const LONG = 'words '.repeat(400);

export const modelCases: readonly TwoCopiesCase[] = [
  {
    name: 'model errors are retried as their fields say, and counted',
    async run({ a, b }) {
      const { HttpError, TimeoutError, ProtocolError, NetworkError } = b.core;
      const model = scriptModel(
        new HttpError('Busy.', { status: 429, retryAfterMs: 7_000 }),
        new TimeoutError('Slow.', { phase: 'idle', timeoutMs: 1 }),
        new ProtocolError('Garbage.', { code: 'response.garbage' }),
        new NetworkError('Stale.', { code: 'network.reset', address: 'x:1', phase: 'request', staleSocket: true }),
        respondText('Done.'),
      );
      const clock = createInstantClock();
      const agent = new a.core.Agent({
        model,
        clock,
        random: () => 0.5,
        retry: { maxAttempts: 4, initialDelayMs: 100 },
      });
      const outcome = await agent.run('Go.').outcome();
      // A request that the server had begun to process counts.
      return [describeEnd(outcome), clock.pauses, outcome.usage.inputTokens > 0];
    },
    expected: [['completed', 'Done.'], [7_000, 100, 200], true],
  },
  {
    name: 'an error that a retry cannot fix is not retried, and its fields are reported',
    async run({ a, b }) {
      const model = scriptModel(
        new b.core.HttpError('No.', { status: 401, serverCode: 'invalid_api_key', retryable: false }),
      );
      const outcome = await new a.core.Agent({ model }).run('Go.').outcome();
      if (outcome.status !== 'failed') return outcome;
      const { name, code, details } = outcome.error;
      return [model.requests.length, name, code, details];
    },
    expected: [1, 'HttpError', 'http.401', { retryable: false, status: 401, serverCode: 'invalid_api_key' }],
  },
  {
    name: 'a conversation that is too long is compacted',
    async run({ a, b }) {
      const ended: unknown[] = [];
      for (const [throwing, compacting] of [
        [b, a],
        [a, b],
      ] as const) {
        const model = scriptModel(
          new throwing.core.ContextLengthError('Too long.'),
          respondText('A summary.'),
          respondText('Done.'),
        );
        const middleware = [compacting.middleware.compactBySummary({ contextWindow: 1_000_000, keepTurns: 1 })];
        const messages = [1, 2].flatMap(() => [
          { role: 'user' as const, content: LONG },
          { role: 'assistant' as const, content: LONG },
        ]);
        const agent = new a.core.Agent({ model, middleware });
        ended.push(
          describeEnd(await agent.run([...messages, { role: 'user', content: 'Go.' }]).outcome()),
          model.requests.length,
        );
      }
      return ended;
    },
    expected: [['completed', 'Done.'], 3, ['completed', 'Done.'], 3],
  },
  {
    name: 'model wrappers work with models of the other copy',
    async run(copies) {
      return Promise.all(
        WRAPPERS.map(async (wrap) => {
          const { a } = copies;
          const first = scriptModel(
            new a.core.HttpError('No.', { status: 400, retryable: false }),
            respondText('Done.'),
          );
          const model = wrap(copies, { first, second: scriptModel(respondText('Done.')) });
          const outcome = await new a.core.Agent({ model, retry: { maxAttempts: 1 } }).run('Go.').outcome();
          return describeEnd(outcome);
        }),
      );
    },
    expected: [
      ['completed', 'Done.'],
      ['failed', 'HttpError', 'No.'],
      ['failed', 'HttpError', 'No.'],
      ['failed', 'HttpError', 'No.'],
      ['completed', 'Done.'],
    ],
  },
  {
    name: 'an abort reaches the request of a model of the other copy',
    async run({ a, b }) {
      let hasBegun = (): void => undefined;
      const begun = new Promise<void>((resolve) => {
        hasBegun = resolve;
      });
      let isGivenUp = false;
      const model = b.core.withConcurrency(
        b.core.openai('m', {
          apiKey: 'k',
          fetch: (_, init) =>
            new Promise((_resolve, reject) => {
              init?.signal?.addEventListener('abort', () => {
                isGivenUp = true;
                reject(init.signal?.reason);
              });
              hasBegun();
            }),
        }),
        1,
      );
      const run = new a.core.Agent({ model }).run('Go.');
      const outcome = run.outcome();
      await begun;
      run.abort(new b.core.AbortRun('enough'));
      return [describeEnd(await outcome), isGivenUp];
    },
    expected: [['aborted', 'enough'], true],
  },
  {
    name: 'tools of a middleware of the other copy are found and called',
    async run({ a, b }) {
      const { tools, ...search } = b.middleware.toolSearch([createWorkTool(a, () => 'worked')], { threshold: 0 });
      const model = scriptModel(respondCall('search_tools'), respondCall(), respondText('Done.'));
      const outcome = await createCallingAgent(a, { model, tools, middleware: [search] })
        .run('Go.')
        .outcome();
      return [model.requests.map((request) => request.tools?.length), describeEnd(outcome)];
    },
    expected: [
      [1, 1, 2],
      ['completed', 'Done.'],
    ],
  },
];

interface Models {
  readonly first: ChatModel;
  readonly second: ChatModel;
}

const WRAPPERS: readonly ((copies: Copies, models: Models) => ChatModel)[] = [
  ({ b }, { first, second }) => b.core.withFallback(first, second),
  ({ b }, { first }) => b.core.withConcurrency(first, 1),
  ({ b }, { first }) => b.core.withRateLimit(first, { requestsPerMinute: 10 }),
  ({ b }, { first }) => b.core.withCache(first, b.core.memoryResponseCache()),
  ({ a, b }, { first, second }) =>
    a.core.withFallback(b.core.routeModel({ models: [first], choose: () => first }), second),
];
