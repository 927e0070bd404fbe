// Which deviations are reported as repairs, and which are not.
import { describe, expect, test } from 'vitest';
import type { FinishedResponse } from './response-reader.ts';
import { ResponseReader } from './response-reader.ts';

const stop = { index: 0, delta: {}, finish_reason: 'stop' };

/** Reads a stream with one choice per chunk. */
function streamed(...choices: readonly object[]): FinishedResponse {
  const reader = new ResponseReader();
  for (const choice of choices) reader.read({ choices: [{ index: 0, ...choice }] });
  return reader.finish('done');
}

function whole(choice: object): FinishedResponse {
  const reader = new ResponseReader();
  reader.readBody({ choices: [{ index: 0, ...choice }] });
  return reader.finish('whole');
}

const callOf = ({ response }: FinishedResponse) => response.choices[0].message.tool_calls?.[0];

describe('the arguments of a call', () => {
  const piece = (text: string) => ({ delta: { tool_calls: [{ index: 0, function: { arguments: text } }] } });
  const begun = {
    delta: { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }] },
  };

  test('follow an empty object that a server sends before them', () => {
    const result = streamed(begun, piece('{"a":1}'), stop);
    expect(callOf(result)).toMatchObject({ function: { arguments: '{"a":1}' } });
    expect(result.repairs).toContainEqual({
      path: 'choices[0].message.tool_calls[0].function.arguments',
      note: '{} before the arguments, left out',
    });
  });

  test('are an empty object, if only blanks follow', () => {
    expect(callOf(streamed(begun, piece(' \n'), stop))).toMatchObject({
      function: { arguments: expect.stringMatching(/^\{\}/) },
    });
  });

  test('keep what a server adds to the function of a later piece', () => {
    const later = { delta: { tool_calls: [{ index: 0, function: { arguments: '', strict: true } }] } };
    expect(callOf(streamed(begun, later, stop))).toMatchObject({ function: { name: 'look', strict: true } });
  });
});

test('the text of a custom tool that repeats itself before the name is not a repetition', () => {
  const piece = (custom: object) => ({ delta: { tool_calls: [{ index: 0, id: 'a', type: 'custom', custom }] } });
  const result = streamed(piece({ input: 'ab' }), piece({ input: 'ab' }), piece({ name: 'run', input: '' }), stop);
  expect(callOf(result)).toMatchObject({ type: 'custom', custom: { name: 'run', input: 'abab' } });
});

describe('the finish reason', () => {
  const hello = { delta: { role: 'assistant', content: 'Hi' } };
  const notes = ({ repairs }: FinishedResponse) =>
    repairs.filter(({ path }) => path === 'choices[0].finish_reason').map(({ note }) => note);

  test.each([
    ['the same word twice', 'stop', 'stop', []],
    ['two words for one kind', 'stop', 'end_turn', []],
    ['two words for different kinds', 'stop', 'length', ['two different ones: the one that says more is kept']],
    ['an empty word', '', 'stop', []],
    ['nothing', null, 'stop', []],
    ['an object without a type', { type: '' }, 'stop', ['a object, left out']],
    ['a number', 7, 'stop', ['a number, left out']],
    ['an object with a type', { type: 'stop' }, 'stop', ['an object, read as its type']],
  ])('is reported only if it deviates: %s', (_, one, other, expected) => {
    const result = streamed(hello, { delta: {}, finish_reason: one }, { delta: {}, finish_reason: other });
    expect(notes(result)).toEqual(expected);
  });

  test('is reported if an unknown and a known word come', () => {
    const result = streamed(hello, { delta: {}, finish_reason: 'bingo' }, stop);
    expect(notes(result)).toContain('two different ones: the one that says more is kept');
  });
});

describe('a choice without a message', () => {
  test.each(['content_filter_results', 'content_filter_result', 'prompt_filter_results'])(
    'was filtered, if it has %s',
    (field) => {
      const { response, repairs } = whole({ [field]: { hate: { filtered: true } } });
      expect(response.choices[0].finish_reason).toBe('content_filter');
      expect(repairs).toContainEqual({
        path: 'choices[0].message',
        note: 'missing beside filter results: the prompt was filtered',
      });
    },
  );

  test('without filter results is read as an empty one', () => {
    const { response, repairs } = whole({ finish_reason: 'stop' });
    expect(response.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(repairs).toContainEqual({ path: 'choices[0].message', note: 'missing: read as an empty one' });
  });
});

describe('a message that is not an object', () => {
  test.each([
    ['a text', 'Hi', 'Hi', 'no object: read as its content'],
    ['a number', 7, null, 'no object: left out'],
  ])('is reported: %s', (_, message, content, note) => {
    const { response, repairs } = whole({ message, finish_reason: 'stop' });
    expect(response.choices[0].message.content ?? null).toBe(content);
    expect(repairs).toContainEqual({ path: 'choices[0].message', note });
  });
});

test('reads the message of a whole response, and only additions from a delta', () => {
  const message = { role: 'assistant', content: 'Hi' };
  const result = whole({ message, delta: { content: 'Hi', refusal: 'No.' }, finish_reason: 'stop' });
  expect(result.response.choices[0].message).toEqual({ role: 'assistant', content: 'Hi', refusal: 'No.' });
});

test('reports a text in place of a message, but not an empty one', () => {
  const note = { path: 'choices[0].text', note: 'in place of a message: read as its content' };
  expect(streamed({ text: 'Hi' }, { text: '', finish_reason: 'stop' }).repairs).toContainEqual(note);
  const role = { role: 'assistant' };
  expect(streamed({ text: '' }, { delta: { ...role, content: 'Hi' }, finish_reason: 'stop' }).repairs).toEqual([]);
});
