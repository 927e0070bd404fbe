import { AbortRun, type Tool, ToolError, tool } from '@pawl/core';
import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { call, createCalls, createOutcome, createResult, createText, filterEvents, play } from './play.ts';
import { weather } from './weather.ts';

const WET = respond.text('Wet.');
const wet = { status: 'completed', output: 'Wet.', text: 'Wet.' } as const;
const CANCELLED = 'Cancelled: the run ended before this call returned a result. It may still have had its effect.';

function toolNamed(name: string, execute: () => unknown): Tool<unknown> {
  return tool({ name, description: 'Does something.', input: z.object({}), execute });
}

describe.each([{ stream: true }, { stream: false }])('failing tools, stream: $stream', (run) => {
  test('B10: the model reads the message of an error, the other calls run, and listeners get the error itself', async () => {
    const down = toolNamed('look_up', () => {
      throw Object.assign(new TypeError('The "list" is down.'), { code: 'ELIST' });
    });
    const calls = respond.calls([{ name: 'look_up' }, { name: 'get_weather', arguments: { city: 'Oslo' } }]);
    const played = await play([calls, WET], { run, agent: { tools: [down, weather] } });

    const messages = [
      createCalls(call('call_1', 'look_up'), call('call_2', 'get_weather', { city: 'Oslo' })),
      createResult('call_1', '{"error":"The \\"list\\" is down."}'),
      createResult('call_2', 'Rain in Oslo.'),
      createText('Wet.'),
    ];
    expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 2 }) });
    const error = {
      name: 'TypeError',
      message: 'The "list" is down.',
      code: 'ELIST',
      stack: expect.stringContaining('TypeError'),
    };
    expect(filterEvents(played, 'tool.failed').map((event) => [event.reason, event.error])).toEqual([['threw', error]]);
  });

  test.each([
    { thrown: 'No list.', content: '{"error":"No list."}' },
    { thrown: undefined, content: '{"error":"undefined"}' },
    { thrown: { code: 7 }, content: '{"error":"{\\"code\\":7}"}' },
  ])('B10: a thrown $thrown becomes a readable message', async ({ thrown, content }) => {
    const odd = toolNamed('look_up', () => Promise.reject(thrown));
    const { outcome } = await play([respond.call('look_up'), WET], { run, agent: { tools: [odd] } });

    const messages = [createCalls(call('call_1', 'look_up')), createResult('call_1', content), createText('Wet.')];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
  });

  test('B11: the model reads the message of a ToolError word for word', async () => {
    const full = toolNamed('book', () => {
      throw new ToolError('The hotel is full. Try another night.');
    });
    const { outcome } = await play([respond.call('book'), WET], { run, agent: { tools: [full] } });

    const messages = [
      createCalls(call('call_1', 'book')),
      createResult('call_1', 'The hotel is full. Try another night.'),
      createText('Wet.'),
    ];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
  });

  test('B12: a tool that throws AbortRun ends the run as aborted after the other calls have results', async () => {
    const finished = Promise.withResolvers<void>();
    const halt = toolNamed('halt', async () => {
      await finished.promise;
      throw new AbortRun('The building is on fire.');
    });
    const hang = toolNamed('hang', () => new Promise(() => undefined));
    const calls = respond.calls([
      { name: 'hang' },
      { name: 'halt' },
      { name: 'get_weather', arguments: { city: 'Oslo' } },
    ]);
    const played = await play([calls], {
      run,
      agent: { tools: [hang, halt, weather] },
      listen: (run) => run.on('tool.finished', () => finished.resolve()),
    });

    const messages = [
      createCalls(call('call_1', 'hang'), call('call_2', 'halt'), call('call_3', 'get_weather', { city: 'Oslo' })),
      createResult('call_1', CANCELLED),
      createResult('call_2', 'Cancelled: this call ended the run.'),
      createResult('call_3', 'Rain in Oslo.'),
    ];
    expect(played.outcome).toEqual({
      status: 'aborted',
      reason: 'The building is on fire.',
      ...createOutcome(messages, { toolCallCount: 2 }),
    });
    expect(filterEvents(played, 'tool.failed').map(({ reason, error: { name } }) => [reason, name])).toEqual([
      ['aborted', 'AbortRun'],
    ]);
  });

  test.each([
    { timeoutMs: undefined, passedMs: 60_000, content: 'Timed out after 60 s. It may still have had its effect.' },
    { timeoutMs: 1_500, passedMs: 1_500, content: 'Timed out after 1.5 s. It may still have had its effect.' },
  ])(
    'B13: a tool that runs for $passedMs ms times out, and its late result is not used',
    async ({ timeoutMs, passedMs, content }) => {
      const late: unknown[] = [];
      const slow = tool({
        name: 'crawl',
        description: 'Crawls.',
        input: z.object({}),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        execute: (_, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              late.push(signal.reason);
              resolve('Too late.');
            });
          }),
      });
      const played = await play([respond.call('crawl'), WET], {
        run,
        agent: { tools: [slow] },
        listen(run, { clock }) {
          run.on('tool.started', () => clock.advance(passedMs));
        },
      });

      const messages = [createCalls(call('call_1', 'crawl')), createResult('call_1', content), createText('Wet.')];
      expect(played.outcome).toEqual({
        ...wet,
        ...createOutcome(messages, { turnCount: 2, toolCallCount: 1, durationMs: passedMs }),
      });
      expect(late).toEqual([expect.objectContaining({ name: 'ToolTimeoutError', timeoutMs: passedMs })]);
      expect(filterEvents(played, 'tool.failed').map(({ reason, error: { code } }) => [reason, code])).toEqual([
        ['timeout', 'tool.timeout'],
      ]);
      expect(
        filterEvents(played, 'tool.late_result').map(({ turn, index, call: { id } }) => [turn, index, id]),
      ).toEqual([[1, 0, 'call_1']]);
    },
  );

  test('B13: a tool does not time out one millisecond before its deadline', async () => {
    const waiting = Promise.withResolvers<string>();
    const slow = toolNamed('crawl', () => waiting.promise);
    const { outcome } = await play([respond.call('crawl'), WET], {
      run,
      agent: { tools: [slow] },
      listen(run, { clock }) {
        run.on('tool.started', async () => {
          await clock.advance(59_999);
          waiting.resolve('Just in time.');
        });
      },
    });

    const messages = [
      createCalls(call('call_1', 'crawl')),
      createResult('call_1', 'Just in time.'),
      createText('Wet.'),
    ];
    expect(outcome).toEqual({
      ...wet,
      ...createOutcome(messages, { turnCount: 2, toolCallCount: 1, durationMs: 59_999 }),
    });
  });
});
