import fc, { type Arbitrary } from 'fast-check';

/** The format in which a server writes its events. */
export interface FrameFormat {
  readonly start: string;
  readonly newline: string;
  readonly field: string;
  /** Texts before the events, used in turn. */
  readonly before: readonly string[];
  /** The indentation of the JSON. If it is above 0, an event has several lines. */
  readonly indent: number;
  /** The blank line after each event. Some servers omit it. */
  readonly blank: '\n' | '';
  readonly end: string;
}

export const frameFormat: Arbitrary<FrameFormat> = fc.record({
  start: fc.constantFrom('', '\uFEFF'),
  newline: fc.constantFrom('\n', '\r\n', '\r'),
  field: fc.constantFrom('data: ', 'data:'),
  before: fc.array(
    fc.constantFrom(
      '',
      ': keep-alive\n',
      ': keep-alive\n\n',
      'event: message\n',
      'id: 7\n',
      'retry: 100\n',
      'data:\n\n',
      'event: ping\ndata: {}\n\n',
      'event: ping\ndata: now\n\n',
      '\n',
    ),
    { minLength: 1, maxLength: 5 },
  ),
  indent: fc.constantFrom(0, 0, 1),
  blank: fc.constantFrom('\n', '\n', ''),
  end: fc.constantFrom('', 'data: [DONE]\n\n', 'data:[DONE]\n', 'data: [DONE]'),
});

/** Writes chunks as a stream. */
export function writeStream(
  chunks: readonly unknown[],
  { start, newline, field, before, indent, blank, end }: FrameFormat,
): Uint8Array {
  const events = chunks.map((chunk, at) => {
    const lines = JSON.stringify(chunk, null, indent).split('\n');
    const prefix = before[at % before.length] ?? '';
    // Text that is not JSON, without a blank line before it, belongs to the previous event.
    const first = blank === '' && prefix.includes('now') ? '' : prefix;
    return `${first}${lines.map((line) => `${field}${line}\n`).join('')}${blank}`;
  });
  return new TextEncoder().encode(start + (events.join('') + end).replaceAll('\n', newline));
}

/** Splits bytes at the given places. */
export function split(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end));
}
