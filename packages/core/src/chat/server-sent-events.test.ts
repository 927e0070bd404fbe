import { describe, expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { EventReader, type ServerSentEvent } from './server-sent-events.ts';

const streams: readonly {
  readonly what: string;
  readonly text: string;
  readonly events: readonly ServerSentEvent[];
}[] = [
  { what: 'LF', text: 'data: a\n\ndata: b\n\n', events: [{ data: 'a' }, { data: 'b' }] },
  { what: 'CRLF', text: 'data: a\r\n\r\ndata: b\r\n\r\n', events: [{ data: 'a' }, { data: 'b' }] },
  { what: 'bare CR', text: 'data: a\r\rdata: b\r\r', events: [{ data: 'a' }, { data: 'b' }] },
  {
    what: 'line breaks of every kind',
    text: 'data: a\r\n\ndata: b\r\r\ndata: c\n\r',
    events: [{ data: 'a' }, { data: 'b' }, { data: 'c' }],
  },
  { what: 'comments and keep-alives', text: ': hi\n\n:\n\ndata: a\n: x\n\n: bye\n\n', events: [{ data: 'a' }] },
  { what: '`data:` without a space', text: 'data:a\n\ndata:  b\n\n', events: [{ data: 'a' }, { data: ' b' }] },
  { what: 'multi-line data', text: 'data: {\ndata: }\n\n', events: [{ data: '{\n}' }] },
  {
    what: 'names and other fields',
    text: 'id: 1\nevent: error\nretry: 5\nx: y\ndata: a\n\ndata: b\n\n',
    events: [{ event: 'error', data: 'a' }, { data: 'b' }],
  },
  { what: 'BOM', text: '\uFEFFdata: a\n\n', events: [{ data: 'a' }] },
  { what: 'characters of several bytes', text: 'data: é€😀\n\n', events: [{ data: 'é€😀' }] },
  { what: 'no final blank line', text: 'data: a\n\ndata: b\n', events: [{ data: 'a' }, { data: 'b', isOpen: true }] },
  {
    what: 'no line break after the last line',
    text: 'data: a\n\ndata: b',
    events: [{ data: 'a' }, { data: 'b', isOpen: true }],
  },
  {
    what: 'a last line that ends in CR',
    text: 'data: a\r\rdata: b\r',
    events: [{ data: 'a' }, { data: 'b', isOpen: true }],
  },
  { what: 'nothing', text: '', events: [] },
  {
    what: 'one line break between JSON events',
    text: 'data: {"a":1}\ndata: {"b":2}\ndata: [3]\n\n',
    events: [{ data: '{"a":1}' }, { data: '{"b":2}' }, { data: '[3]' }],
  },
  {
    what: 'one CRLF between JSON events',
    text: 'data: {"a":1}\r\ndata: {"b":2}\r\n\r\n',
    events: [{ data: '{"a":1}' }, { data: '{"b":2}' }],
  },
  {
    what: 'one bare CR between JSON events',
    text: 'data: {"a":1}\rdata: {"b":2}\r\r',
    events: [{ data: '{"a":1}' }, { data: '{"b":2}' }],
  },
  {
    what: '[DONE] after one line break, without a line break after it',
    text: 'data: {"a":1}\ndata: [DONE]\n',
    events: [{ data: '{"a":1}' }, { data: '[DONE]' }],
  },
  {
    what: '[DONE] after one CRLF',
    text: 'data:{"a":1} \r\ndata:[DONE]\r\n',
    events: [{ data: '{"a":1} ' }, { data: '[DONE]' }],
  },
  {
    what: 'names and one line break between events',
    text: 'event: a\ndata: {}\nevent: error\ndata: {"b":2}\ndata: {"c":3}\n\ndata: {}\n\n',
    events: [
      { event: 'a', data: '{}' },
      { event: 'error', data: '{"b":2}' },
      { event: 'error', data: '{"c":3}' },
      { data: '{}' },
    ],
  },
  {
    what: 'a name after its data',
    text: 'data: {}\nevent: error\n\ndata: {\nevent: x\ndata: }\n\n',
    events: [
      { event: 'error', data: '{}' },
      { event: 'x', data: '{\n}' },
    ],
  },
  {
    what: 'comments, ids and empty data between events without a blank line',
    text: 'data: {}\n: hi\nid: 1\ndata:\nretry: 5\ndata: {}\n\n',
    events: [{ data: '{}\n' }, { data: '{}' }],
  },
  {
    what: 'lists and objects over several lines',
    text: 'data: [\ndata: {},\ndata: [\ndata: ]\ndata: ,{\ndata: }\ndata: ]\n\n',
    events: [{ data: '[\n{},\n[\n]\n,{\n}\n]' }],
  },
  {
    what: 'an incomplete last event after one line break',
    text: 'data: {"a":1}\ndata: {"b":2',
    events: [
      { data: '{"a":1}', isOpen: true },
      { data: '{"b":2', isOpen: true },
    ],
  },
];

describe('an event stream', () => {
  test.each(streams)('E: with $what is read the same for any cut of its bytes', ({ text, events }) => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(events);
    }
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(events);
  });

  test.each([
    ['at the start', ['error: {}\n\n'], [{ event: 'error', data: '{}' }]],
    ['after an event', ['data: {}\n\nerror: 1\n\n'], [{ data: '{}' }, { event: 'error', data: '1' }]],
    ['after an event, with CR', ['data: {}\r\rerror: 1\r\r'], [{ data: '{}' }, { event: 'error', data: '1' }]],
    ['cut in its name', ['err', 'or', ': 1\n\n'], [{ event: 'error', data: '1' }]],
    [
      'cut in its name, behind a line that was cut',
      ['data: ', '{}\n\nerr', 'or: 1\n\n'],
      [{ data: '{}' }, { event: 'error', data: '1' }],
    ],
    [
      'twice, cut between the two',
      ['error: 1\n', '\n', 'error: 2\n', '\n'],
      [
        { event: 'error', data: '1' },
        { event: 'error', data: '2' },
      ],
    ],
    ['after another such line', ['error: 1\n', 'error: 2\n\n'], [{ event: 'error', data: '1\n2' }]],
    ['after another such line, with CR', ['error: 1\r', 'error: 2\r\r'], [{ event: 'error', data: '1\n2' }]],
  ])('with a line that begins with error: has an error event, %s', (_, pieces, events) => {
    expect(read(...pieces.map((piece) => new TextEncoder().encode(piece)))).toEqual(events);
  });

  test.each([
    ['in a line', ['data: error: 1\n\n'], [{ data: 'error: 1' }]],
    ['in a line that is cut before it', ['data: ', 'error: 1\n\n'], [{ data: 'error: 1' }]],
    ['as part of another', ['errors: 1\ndata: 2\n\n'], [{ data: '2' }]],
    ['that ends early', ['data: {}\n\n', 'erro'], [{ data: '{}' }]],
  ])('has no error event with the word %s', (_, pieces, events) => {
    expect(read(...pieces.map((piece) => new TextEncoder().encode(piece)))).toEqual(events);
  });

  test('with invalid UTF-8 is read with a replacement character', () => {
    expect(read(Uint8Array.of(100, 97, 116, 97, 58, 0xff, 10, 10))).toEqual([{ data: '\uFFFD' }]);
  });

  test.each([
    ['a line without end', 'data: 0123456789'],
    ['an event without end', 'data: 01234\ndata: 56789\n'],
  ])('with %s is an error', (_, text) => {
    const reader = new EventReader({ maxLength: 8 });
    const message =
      'The server sent an event of more than 8 characters. The response is not used. If you expect such events, raise responseLimits.maxEventLength.';
    expect(() => reader.read(new TextEncoder().encode(text))).toThrow(
      new ProtocolError(message, { code: 'response.too_large', retryable: false }),
    );
  });
});

function read(...pieces: readonly Uint8Array[]): readonly ServerSentEvent[] {
  const reader = new EventReader();
  return [...pieces.flatMap((piece) => reader.read(piece)), ...reader.end()];
}
