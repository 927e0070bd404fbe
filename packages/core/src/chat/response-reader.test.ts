import { describe, expect, test } from 'vitest';
import { detectBodyForm, type ResponseEnd, ResponseReader, readEventData } from './response-reader.ts';

function chunk(content: string, finishReason: string | null = null): unknown {
  return { choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finishReason }] };
}

/** Returns the code and message of the error from reading or finishing, or the text of the response. */
function readToEnd(end: ResponseEnd, pieces: readonly unknown[]): unknown {
  const reader = new ResponseReader();
  try {
    for (const piece of pieces) reader.read(piece);
    return reader.finish(end).response.choices[0].message.content;
  } catch (error) {
    return error instanceof Error && 'code' in error ? [error.code, error.message] : error;
  }
}

const CUT = ['response.cut', 'The stream ended without a finish_reason and without [DONE]: the response was cut off.'];
const NO_CHOICES = ['response.empty_choices', "The server's response has no choices, so it has no message."];
const NO_OBJECT = ['response.garbage', 'The server sent JSON that is not an object, so it is not a response.'];

describe('the end of a response', () => {
  test.each([
    {
      what: 'A10: without finish_reason and without [DONE] is a cut',
      end: 'closed',
      pieces: [chunk('Hi')],
      expected: CUT,
    },
    { what: 'A10: before any chunk is a cut', end: 'closed', pieces: [], expected: CUT },
    {
      what: 'without [DONE] after a finish_reason is not a cut',
      end: 'closed',
      pieces: [chunk('Hi', 'stop')],
      expected: 'Hi',
    },
    { what: 'with [DONE] and without finish_reason is not a cut', end: 'done', pieces: [chunk('Hi')], expected: 'Hi' },
    { what: 'A8: without choices is an error', end: 'whole', pieces: [{ choices: [] }], expected: NO_CHOICES },
    { what: 'A8: with an empty object is an error', end: 'whole', pieces: [{}], expected: NO_CHOICES },
    { what: 'A8: with only [DONE] is an error', end: 'done', pieces: [], expected: NO_CHOICES },
    { what: 'A8: with a text is garbage', end: 'whole', pieces: ['Hi'], expected: NO_OBJECT },
    { what: 'A8: with null is garbage', end: 'whole', pieces: [null], expected: NO_OBJECT },
    { what: 'A8: with a list is garbage', end: 'whole', pieces: [[1]], expected: NO_OBJECT },
  ] as const)('$what', ({ end, pieces, expected }) => {
    expect(readToEnd(end, pieces)).toEqual(expected);
  });

  test('of one choice does not end the other choices', () => {
    const second = { choices: [{ index: 1, delta: { role: 'assistant', content: 'B' } }] };
    expect(readToEnd('closed', [chunk('A', 'stop'), second])).toEqual(CUT);
  });
});

test('returns deltas of the first choice as they arrive', () => {
  const reader = new ResponseReader();
  const second = { index: 1, delta: { content: 'B' } };
  const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } };
  const deltas = [
    { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
    { choices: [{ index: 0, delta: { reasoning_content: 'Hm', reasoning: 'Hm' } }, second] },
    { choices: [{ index: 0, delta: { content: 'A' } }] },
    { choices: [second] },
    { choices: [{ index: 0, delta: { refusal: 'No', tool_calls: [call] } }] },
    { choices: [{ index: 0, delta: { content: '' } }] },
  ].map((piece) => reader.read(piece));
  expect(deltas).toEqual([
    [],
    [{ type: 'reasoning', delta: 'Hm' }],
    [{ type: 'text', delta: 'A' }],
    [],
    [
      { type: 'refusal', delta: 'No' },
      { type: 'call', index: 0, id: 'a', name: 'f', delta: '{' },
    ],
    [],
  ]);
});

test('keys have a fixed order for any order on the wire', () => {
  const reader = new ResponseReader();
  const message = {
    x: 1,
    tool_calls: [{ function: { arguments: '{}', name: 'f' }, id: 'a' }],
    refusal: 'No',
    content: 'Hi',
  };
  reader.read({
    y: 1,
    usage: { total_tokens: 2, completion_tokens: 1, prompt_tokens: 1 },
    choices: [{ z: 1, logprobs: null, finish_reason: 'stop', message, index: 0 }],
    model: 'm',
    id: 'r',
  });
  expect(JSON.stringify(reader.finish('whole').response)).toBe(
    '{"id":"r","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi",' +
      '"refusal":"No","x":1,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},' +
      '"finish_reason":"stop","logprobs":null,"z":1}],' +
      '"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},"y":1}',
  );
});

describe('an event', () => {
  test.each([
    [{ data: ' [DONE] ' }, { type: 'done' }],
    [{ data: '{"a":1}' }, { type: 'piece', piece: { a: 1 } }],
    [
      { event: 'message', data: '1' },
      { type: 'piece', piece: 1 },
    ],
    [{ data: ' ' }, { type: 'nothing' }],
    [{ event: 'ping', data: 'now' }, { type: 'nothing' }],
    [{ data: '{"a"', isOpen: true as const }, { type: 'nothing' }],
  ])('%j is read as %j', (event, content) => {
    expect(readEventData(event)).toEqual(content);
  });

  test('A8: with data that is not JSON is garbage', () => {
    expect(() => readEventData({ data: '<html>' })).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'response.garbage', received: '<html>', retryable: true }),
    );
  });
});

test.each([
  ['{"id"', 'text/event-stream', 'json'],
  ['\n\n [', undefined, 'json'],
  ['<html>', 'text/event-stream', 'json'],
  ['\uFEFF{', undefined, 'json'],
  ['data: {', 'application/json', 'events'],
  ['\r\nevent: error', undefined, 'events'],
  [': keep-alive', 'application/json', 'events'],
  ['d', 'application/json', 'events'],
  ['', 'text/event-stream; charset=utf-8', 'events'],
  ['\n', 'TEXT/EVENT-STREAM', 'events'],
  ['\n', 'application/json', 'json'],
  ['', undefined, 'json'],
  ['upstream failed', undefined, 'json'],
])('A9: reads a body that starts with %j and has the type %s as %s', (start, contentType, form) => {
  expect(detectBodyForm(new TextEncoder().encode(start), contentType)).toBe(form);
});
