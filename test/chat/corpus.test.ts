import { isDeepStrictEqual } from 'node:util';
import { ProtocolError } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import type { FinishedReply } from '../../packages/core/src/chat/reply-reader.ts';
import { bytesOf, type CorpusFile, corpusFiles } from './corpus-files.ts';
import { joinedDeltas, readBody, readStream, textsOf } from './reading.ts';

const replies = corpusFiles.filter(({ reply }) => reply !== undefined);
const errors = corpusFiles.filter(({ error }) => error !== undefined);

describe('what servers send', () => {
  test.each(replies)('E: $what ($server) is read in the documented form, and what was mended is told', (given) => {
    const { reply, mends, deltas } = readStream(bytesOf(given));

    expect({ reply, mends: sorted(mends) }).toEqual({ reply: given.reply, mends: sorted(given.mends ?? []) });
    expect(joinedDeltas(deltas)).toEqual(textsOf(reply.choices[0].message));
  });

  test.each(replies)('E: $what ($server) is the same reply as one body', ({ body, reply }) => {
    expect(readBody(body ?? reply).reply).toEqual(reply);
  });

  test.each(replies)('E: $what ($server) is read alike wherever its bytes are cut', (given) => {
    const bytes = bytesOf(given);
    const whole = readStream(bytes);
    for (const at of cuts(bytes)) expectEqual(readStream(bytes.subarray(0, at), bytes.subarray(at)), whole);
    expect(readStream(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test.each(errors)('E: $what ($server) is an error, wherever its bytes are cut', (given) => {
    const bytes = bytesOf(given);
    expect(failure(() => readStream(bytes))).toEqual(given.error);
    for (const at of cuts(bytes)) {
      expectEqual(
        failure(() => readStream(bytes.subarray(0, at), bytes.subarray(at))),
        given.error,
      );
    }
    expect(failure(() => readStream(...Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual(given.error);
    if (given.body !== undefined) expect(failure(() => readBody(given.body))).toEqual(given.error);
  });
});

/** A hundred thousand times: Node compares in a fraction of the time, and says less of what differs. */
function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** Every offset; of what is longer than 20 KB every tenth. */
function* cuts({ length }: Uint8Array): Generator<number> {
  for (let at = 0; at <= length; at += length > 20_000 ? 10 : 1) yield at;
}

function failure(read: () => unknown): CorpusFile['error'] {
  try {
    read();
  } catch (error) {
    if (!ProtocolError.isInstance(error)) throw error;
    const { name, code, message, retryable } = error;
    return { name, code, message, retryable };
  }
  return undefined;
}

function sorted(mends: FinishedReply['mends']): FinishedReply['mends'] {
  return [...mends].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
