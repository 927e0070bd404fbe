import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FinishedResponse } from '../../packages/core/src/chat/response-reader.ts';
import { documented } from './documented.ts';
import { framing, split, streamed } from './frame-format.ts';
import { joinedDeltas, readBody, readStream, textsOf } from './read-stream.ts';
import { SOAK, TIMEOUT_MS } from './soak.ts';

const places = fc.array(fc.nat(), { maxLength: 12 });

/** As it is on the wire: with fields of any name, and nothing that JSON does not have. */
function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function toldOf({ reply, mends, deltas }: FinishedResponse): unknown {
  const notes = mends.map(({ path, note }) => `${path}: ${note}`).sort();
  return { reply, notes, told: joinedDeltas(deltas) };
}

test('a documented reply is the same however its deltas, its calls and its bytes come', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, framing, places, ({ body, chunks, reply, isLegacy }, frame, cuts) => {
      const whole = readBody(wire(body));
      const inPieces = readStream(...split(streamed(chunks, frame), cuts));

      expect(whole.reply).toEqual(wire(reply));
      expect(whole.mends.length > 0).toBe(isLegacy);
      expect(toldOf(inPieces)).toEqual(toldOf(whole));
      expect(joinedDeltas(whole.deltas)).toEqual(textsOf(whole.reply.choices[0].message));
    }),
    { numRuns: 400 * SOAK },
  );
});

test('what came out is itself when it is read again', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, ({ body }) => {
      const { reply } = readBody(wire(body));

      expect(readBody(wire(reply))).toMatchObject({ reply, mends: [] });
    }),
    { numRuns: 200 * SOAK },
  );
});
