import { describe, expect, test } from 'vitest';
import { detectBodyForm, type ResponseEnd, ResponseReader, readEventData } from './response-reader.ts';

function chunk(content: string, finishReason: string | null = null): unknown {
  return { choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finishReason }] };
}

/** The code of what reading and finishing throws; the text of the response where it throws nothing. */
function ended(end: ResponseEnd, pieces: readonly unknown[]): unknown {
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
      gives: CUT,
    },
    { what: 'A10: before anything came is a cut', end: 'closed', pieces: [], gives: CUT },
    {
      what: 'without [DONE] and after a finish_reason is none',
      end: 'closed',
      pieces: [chunk('Hi', 'stop')],
      gives: 'Hi',
    },
    { what: 'with [DONE] and without finish_reason is none', end: 'done', pieces: [chunk('Hi')], gives: 'Hi' },
    { what: 'A8: with no choices is a failure', end: 'whole', pieces: [{ choices: [] }], gives: NO_CHOICES },
    { what: 'A8: with an empty object is a failure', end: 'whole', pieces: [{}], gives: NO_CHOICES },
    { what: 'A8: with [DONE] alone is a failure', end: 'done', pieces: [], gives: NO_CHOICES },
    { what: 'A8: with a text is garbage', end: 'whole', pieces: ['Hi'], gives: NO_OBJECT },
    { what: 'A8: with null is garbage', end: 'whole', pieces: [null], gives: NO_OBJECT },
    { what: 'A8: with a list is garbage', end: 'whole', pieces: [[1]], gives: NO_OBJECT },
  ] as const)('$what', ({ end, pieces, gives }) => {
    expect(ended(end, pieces)).toEqual(gives);
  });

  test('of one choice is not the end of all', () => {
    const second = { choices: [{ index: 1, delta: { role: 'assistant', content: 'B' } }] };
    expect(ended('closed', [chunk('A', 'stop'), second])).toEqual(CUT);
  });
});

test('pieces are told as they come, of the first choice alone', () => {
  const reader = new ResponseReader();
  const second = { index: 1, delta: { content: 'B' } };
  const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } };
  const told = [
    { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
    { choices: [{ index: 0, delta: { reasoning_content: 'Hm', reasoning: 'Hm' } }, second] },
    { choices: [{ index: 0, delta: { content: 'A' } }] },
    { choices: [second] },
    { choices: [{ index: 0, delta: { refusal: 'No', tool_calls: [call] } }] },
    { choices: [{ index: 0, delta: { content: '' } }] },
  ].map((piece) => reader.read(piece));
  expect(told).toEqual([
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

test('keys stand in a fixed order, whatever the order on the wire', () => {
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
  ])('%j says %j', (event, said) => {
    expect(readEventData(event)).toEqual(said);
  });

  test('A8: with data that is no JSON is garbage', () => {
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
])('A9: a body that starts with %j and is called %s is read as %s', (start, contentType, form) => {
  expect(detectBodyForm(new TextEncoder().encode(start), contentType)).toBe(form);
});
