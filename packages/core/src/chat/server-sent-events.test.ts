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
    what: 'line ends of every kind',
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
  { what: 'no end of the last line', text: 'data: a\n\ndata: b', events: [{ data: 'a' }, { data: 'b', isOpen: true }] },
  {
    what: 'a last line that ends in CR',
    text: 'data: a\r\rdata: b\r',
    events: [{ data: 'a' }, { data: 'b', isOpen: true }],
  },
  { what: 'nothing', text: '', events: [] },
];

describe('an event stream', () => {
  test.each(streams)('E: with $what is read the same wherever its bytes are cut', ({ text, events }) => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(events);
    }
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(events);
  });

  test('with bytes that are no UTF-8 is read with a replacement character', () => {
    expect(read(Uint8Array.of(100, 97, 116, 97, 58, 0xff, 10, 10))).toEqual([{ data: '\uFFFD' }]);
  });

  test.each([
    ['a line without end', 'data: 0123456789'],
    ['an event without end', 'data: 01234\ndata: 56789\n'],
  ])('with %s is given up', (_, text) => {
    const reader = new EventReader({ maxLength: 8 });
    const message =
      'The server sent an event of more than 8 characters. Nothing of such a reply is used. If it is meant, raise caps.eventLength.';
    expect(() => reader.read(new TextEncoder().encode(text))).toThrow(
      new ProtocolError(message, { code: 'reply.too_large', retryable: false }),
    );
  });
});

function read(...pieces: readonly Uint8Array[]): readonly ServerSentEvent[] {
  const reader = new EventReader();
  return [...pieces.flatMap((piece) => reader.read(piece)), ...reader.end()];
}
