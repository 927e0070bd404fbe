import { manualClock, respond, type ScriptedResponse } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { createOutcome, createText, createUsage, filterEvents, GO, type PlayedRun, play } from './play.ts';
import { weather } from './weather.ts';

const agent = { tools: [weather] };
const WET = respond.text('It is wet in Oslo today.');
const ASKING = respond.call('get_weather', { city: 'Oslo' });

describe.each([{ stream: true }, { stream: false }])('an invalid response, stream: $stream', (run) => {
  const broken: readonly { readonly what: string; readonly broken: ScriptedResponse; readonly message: unknown }[] = [
    {
      what: 'a response without choices',
      broken: respond.body({ object: 'chat.completion', choices: [] }),
      message: expect.stringContaining('choices'),
    },
    {
      what: 'an error with status 200',
      broken: respond.errorBody({ message: 'The model is asleep.' }),
      message: expect.stringContaining('The model is asleep.'),
    },
    {
      what: 'an error as text',
      broken: respond.errorBody('The model is asleep.'),
      message: expect.stringContaining('The model is asleep.'),
    },
    { what: 'garbage', broken: respond.body('<html>Bad gateway</html>'), message: expect.stringContaining('not JSON') },
    { what: 'an empty body', broken: respond.body(''), message: expect.stringContaining('empty') },
  ];

  test.each(broken)('A8: $what fails the attempt, which is retried', async ({ broken }) => {
    const played = await play([broken, broken, WET], { run });

    const text = 'It is wet in Oslo today.';
    const { usage } = played.outcome;
    expect(played.outcome).toEqual({
      status: 'completed',
      output: text,
      text,
      ...createOutcome([createText(text)], { usage }),
    });
    expect(filterEvents(played, 'attempt.failed').map(({ attempt, counted }) => ({ attempt, counted }))).toEqual([
      { attempt: 1, counted: true },
      { attempt: 2, counted: true },
    ]);
    expect(played.requests.map(({ messages }) => messages)).toEqual([[GO], [GO], [GO]]);
  });

  test.each(broken)(
    'A8: $what in three attempts fails the run with the message of the server',
    async ({ broken, message }) => {
      const { outcome } = await play([broken, broken, broken], { run });

      const { usage } = outcome;
      const error = expect.objectContaining({ name: 'ProtocolError', message });
      expect(outcome).toEqual({
        status: 'failed',
        error,
        attempts: failedWith(error),
        ...createOutcome([], { turnCount: 0, usage }),
      });
    },
  );

  test('A10: a stream without a finish reason is cut off, and none of its calls runs', async () => {
    const played = await play([respond.cut(ASKING, { afterChunks: 3 }), WET], { run, agent });

    const text = 'It is wet in Oslo today.';
    const usage = guessed(played);
    expect(played.outcome).toEqual({
      status: 'completed',
      output: text,
      text,
      ...createOutcome([createText(text)], { usage }),
    });
    expect(filterEvents(played, 'tool.started')).toEqual([]);
    expect(filterEvents(played, 'attempt.failed').map(({ error: { code } }) => code)).toEqual([
      run.stream ? 'response.cut' : 'response.garbage',
    ]);
  });

  test('A10: deltas of a cut stream are discarded before the next attempt', async () => {
    const played = await play([respond.cut(WET, { afterChunks: 2 }), WET], { run });

    expect(
      filterEvents(played, 'text.delta')
        .map(({ attempt, delta }) => ({ attempt, delta }))
        .filter(({ attempt }) => attempt === 1),
    ).toEqual(
      run.stream
        ? [
            { attempt: 1, delta: 'It ' },
            { attempt: 1, delta: 'is ' },
          ]
        : [],
    );
    expect(filterEvents(played, 'attempt.discarded').map(({ turn, attempt }) => ({ turn, attempt }))).toEqual(
      run.stream ? [{ turn: 1, attempt: 1 }] : [],
    );
  });

  test('A10: a stream that is cut off in every attempt fails the run', async () => {
    const cut = respond.cut(WET, { afterChunks: 2 });
    const played = await play([cut, cut, cut], { run });

    const code = run.stream ? 'response.cut' : 'response.garbage';
    const error = expect.objectContaining({ name: 'ProtocolError', code });
    expect(played.outcome).toEqual({
      status: 'failed',
      error,
      attempts: failedWith(error),
      ...createOutcome([], { turnCount: 0, usage: played.outcome.usage }),
    });
  });

  test('A11: a stalled response is given up at the deadline between deltas and retried', async () => {
    const clock = manualClock();
    const played = await play([respond.stall(ASKING, { afterChunks: 3 }), WET], {
      run,
      agent,
      clock,
      listen(run) {
        let isFailed = false;
        run.on('attempt.failed', () => (isFailed = true));
        // The deadline between deltas is shorter than the deadline of the attempt.
        run.on('attempt.started', async () => {
          while (!isFailed) await clock.advance(1_000);
        });
      },
    });

    const text = 'It is wet in Oslo today.';
    const rest = createOutcome([createText(text)], { usage: guessed(played), durationMs: expect.any(Number) });
    expect(played.outcome).toEqual({ status: 'completed', output: text, text, ...rest });
    expect(filterEvents(played, 'attempt.failed').map(({ error: { code } }) => code)).toEqual(['timeout.idle']);
    expect(filterEvents(played, 'tool.started')).toEqual([]);
  });
});

/** Three attempts, each with this error. */
function failedWith(error: unknown): readonly unknown[] {
  return [1, 2, 3].map((attempt) => ({ attempt, model: 'm', error }));
}

/** One request with a response, and one that may have used its prompt. */
function guessed({ outcome: { usage } }: PlayedRun): typeof usage {
  const inputTokens = 10 + 58;
  return { ...createUsage(1), inputTokens, totalTokens: inputTokens + 5, estimated: true };
}
