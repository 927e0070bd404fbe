import type { Quirk } from './quirk.ts';

/** Ways to write the same events. */
export type FramingQuirkName = LineQuirk | EventQuirk | 'byte-splits' | 'one-write' | 'other-form';
type LineQuirk = 'carriage-returns' | 'bare-carriage-returns' | 'no-space-after-data' | 'data-over-lines';
type EventQuirk = 'comments' | 'byte-order-mark' | 'named-events' | 'no-final-blank-line' | 'no-done';

export const framingQuirks: Readonly<Record<FramingQuirkName, Quirk>> = {
  /** Each byte is a write of its own, so that characters are cut. */
  'byte-splits': {
    written: (events) => [...new TextEncoder().encode(events.join(''))].map((byte) => Uint8Array.of(byte)),
  },
  'carriage-returns': { written: each((event) => event.replaceAll('\n', '\r\n')) },
  'bare-carriage-returns': { written: each((event) => event.replaceAll('\n', '\r')) },
  comments: { written: each((event) => `: keep-alive\n\n${event}`) },
  'no-space-after-data': { written: each((event) => event.replace('data: ', 'data:')) },
  'data-over-lines': { written: each((event) => event.replace(/^data: (\{)(.*)\n\n$/s, 'data: $1\ndata: $2\n\n')) },
  'byte-order-mark': { written: (events) => events.map((event, index) => (index === 0 ? `\uFEFF${event}` : event)) },
  'named-events': { written: each((event) => `event: message\nid: 1\nretry: 10\n${event}`) },
  'no-final-blank-line': { written: (events) => [...events.slice(0, -1), (events.at(-1) ?? '').trimEnd()] },
  'no-done': { written: (events) => events.slice(0, -1) },
  'one-write': { written: (events) => [events.join('')] },
  'other-form': { isOtherForm: true },
};

function each(change: (event: string) => string): NonNullable<Quirk['written']> {
  return (events) => events.map(change);
}
