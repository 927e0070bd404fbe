import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FinishedResponse } from '../../packages/core/src/chat/response-reader.ts';
import { documented } from './documented.ts';
import { frameFormat, split, writeStream } from './frame-format.ts';
import { collectTexts, joinDeltas, readBody, readStream } from './read-stream.ts';
import { SOAK, TIMEOUT_MS } from './soak.ts';

const places = fc.array(fc.nat(), { maxLength: 12 });

/** Converts a value as JSON over the wire does. */
function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function summarize({ response, repairs, deltas }: FinishedResponse): unknown {
  const notes = repairs.map(({ path, note }) => `${path}: ${note}`).sort();
  return { response, notes, texts: joinDeltas(deltas) };
}

test('a documented response is read the same for any order of deltas and calls and any cut of bytes', {
  timeout: TIMEOUT_MS,
}, () => {
  fc.assert(
    fc.property(documented, frameFormat, places, ({ body, chunks, response, isLegacy }, frame, cuts) => {
      const whole = readBody(wire(body));
      const inPieces = readStream(...split(writeStream(chunks, frame), cuts));

      expect(whole.response).toEqual(wire(response));
      expect(whole.repairs.length > 0).toBe(isLegacy);
      expect(summarize(inPieces)).toEqual(summarize(whole));
      expect(joinDeltas(whole.deltas)).toEqual(collectTexts(whole.response.choices[0].message));
    }),
    { numRuns: 400 * SOAK },
  );
});

test('a response that was read is read again unchanged', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, ({ body }) => {
      const { response } = readBody(wire(body));

      expect(readBody(wire(response))).toMatchObject({ response, repairs: [] });
    }),
    { numRuns: 200 * SOAK },
  );
});
