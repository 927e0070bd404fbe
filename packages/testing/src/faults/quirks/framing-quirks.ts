import type { Quirk } from './quirk.ts';

/** Other encodings of the same events. */
export type FramingQuirkName = LineQuirk | EventQuirk | 'byte-splits' | 'one-write' | 'other-form';
type LineQuirk = 'carriage-returns' | 'bare-carriage-returns' | 'no-space-after-data' | 'data-over-lines';
type EventQuirk = 'comments' | 'byte-order-mark' | 'named-events' | 'no-final-blank-line' | 'no-done';

export const framingQuirks: Readonly<Record<FramingQuirkName, Quirk>> = {
  /** Each byte is one write, so that characters are split. */
  'byte-splits': {
    writeStream: (events) => [...new TextEncoder().encode(events.join(''))].map((byte) => Uint8Array.of(byte)),
  },
  'carriage-returns': { writeStream: mapEvents((event) => event.replaceAll('\n', '\r\n')) },
  'bare-carriage-returns': { writeStream: mapEvents((event) => event.replaceAll('\n', '\r')) },
  comments: { writeStream: mapEvents((event) => `: keep-alive\n\n${event}`) },
  'no-space-after-data': { writeStream: mapEvents((event) => event.replace('data: ', 'data:')) },
  'data-over-lines': {
    writeStream: mapEvents((event) => event.replace(/^data: (\{)(.*)\n\n$/s, 'data: $1\ndata: $2\n\n')),
  },
  'byte-order-mark': {
    writeStream: (events) => events.map((event, index) => (index === 0 ? `\uFEFF${event}` : event)),
  },
  'named-events': { writeStream: mapEvents((event) => `event: message\nid: 1\nretry: 10\n${event}`) },
  'no-final-blank-line': { writeStream: (events) => [...events.slice(0, -1), (events.at(-1) ?? '').trimEnd()] },
  'no-done': { writeStream: (events) => events.slice(0, -1) },
  'one-write': { writeStream: (events) => [events.join('')] },
  'other-form': { isOtherForm: true },
};

function mapEvents(change: (event: string) => string): NonNullable<Quirk['writeStream']> {
  return (events) => events.map(change);
}
