import { isDeepStrictEqual } from 'node:util';
import { ProtocolError } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import type { FinishedResponse, ResponseReaderOptions } from '../../packages/core/src/chat/response-reader.ts';
import { type CorpusFile, corpusFiles, encodeStream } from './corpus-files.ts';
import { collectTexts, joinDeltas, makeTools, readBody, readStreamWith } from './read-stream.ts';

const replies = corpusFiles.filter(({ reply }) => reply !== undefined);
const errors = corpusFiles.filter(({ error }) => error !== undefined);

describe('what servers send', () => {
  test.each(replies)('E: $what ($server) is read in the documented form, and what was mended is told', (given) => {
    const { response, repairs, deltas } = readStreamWith(optionsOf(given), encodeStream(given));

    expect({ response, repairs: sortRepairs(repairs) }).toEqual({
      response: given.reply,
      repairs: sortRepairs(given.mends ?? []),
    });
    expect(joinDeltas(deltas)).toEqual(collectTexts(response.choices[0].message));
  });

  test.each(replies)('E: $what ($server) is the same reply as one body', ({ body, reply, ...given }) => {
    expect(readBody(body ?? reply, optionsOf(given)).response).toEqual(reply);
  });

  test.each(replies)('E: $what ($server) is read alike wherever its bytes are cut', (given) => {
    const bytes = encodeStream(given);
    const read = reading(given);
    const whole = read(bytes);
    for (const at of cuts(bytes)) expectEqual(read(bytes.subarray(0, at), bytes.subarray(at)), whole);
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test.each(errors)('E: $what ($server) is an error, wherever its bytes are cut', (given) => {
    const bytes = encodeStream(given);
    const read = reading(given);
    expect(failure(() => read(bytes))).toEqual(given.error);
    for (const at of cuts(bytes)) {
      expectEqual(
        failure(() => read(bytes.subarray(0, at), bytes.subarray(at))),
        given.error,
      );
    }
    expect(failure(() => read(...Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual(given.error);
    if (given.body !== undefined) expect(failure(() => readBody(given.body))).toEqual(given.error);
  });
});

function optionsOf({ tools, textToolCalls }: Pick<CorpusFile, 'tools' | 'textToolCalls'>): ResponseReaderOptions {
  if (tools === undefined) return {};
  return { tools: makeTools(tools), ...(textToolCalls && { textCalls: { isQuoted: () => false } }) };
}

function reading(given: CorpusFile): (...pieces: readonly Uint8Array[]) => FinishedResponse {
  const options = optionsOf(given);
  return (...pieces) => readStreamWith(options, ...pieces);
}

/** A hundred thousand times: Node compares in a fraction of the time, and says less of what differs. */
function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** Mutation testing runs these for every mutant, and tries a part of the offsets. */
const STEP = Math.max(1, Math.round(1 / Number(process.env['SOAK'] ?? 1)));

/** Every offset; of what is longer than 20 KB every tenth. */
function* cuts({ length }: Uint8Array): Generator<number> {
  for (let at = 0; at <= length; at += length > 20_000 ? 10 * STEP : STEP) yield at;
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

function sortRepairs(repairs: FinishedResponse['repairs']): FinishedResponse['repairs'] {
  return [...repairs].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
