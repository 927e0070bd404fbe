import { isDeepStrictEqual } from 'node:util';
import { ProtocolError } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import type { FinishedResponse, ResponseReaderOptions } from '../../packages/core/src/chat/response-reader.ts';
import { type CorpusFile, corpusFiles, encodeStream } from './corpus-files.ts';
import { collectTexts, joinDeltas, makeTools, readBody, readStreamWith } from './read-stream.ts';

const responses = corpusFiles.filter(({ response }) => response !== undefined);
const errors = corpusFiles.filter(({ error }) => error !== undefined);

describe('the corpus of server responses', () => {
  test('has a response or an error in every file', () => {
    expect(responses.length).toBeGreaterThan(150);
    expect(errors.length).toBeGreaterThan(30);
    expect(responses.length + errors.length).toBe(corpusFiles.length);
  });

  test.each(responses)('E: $what ($server) is read in the documented form, with its repairs reported', (given) => {
    const { response, repairs, deltas } = readStreamWith(optionsOf(given), encodeStream(given));

    expect({ response, repairs: sortRepairs(repairs) }).toEqual({
      response: given.response,
      repairs: sortRepairs(given.repairs ?? []),
    });
    expect(joinDeltas(deltas)).toEqual(collectTexts(response.choices[0].message));
  });

  test.each(responses)('E: $what ($server) is the same response as one body', ({ body, response, ...given }) => {
    expect(readBody(body ?? response, optionsOf(given)).response).toEqual(response);
  });

  test.each(responses)('E: $what ($server) is read the same for any cut of its bytes', (given) => {
    const bytes = encodeStream(given);
    const read = createReader(given);
    const whole = read(bytes);
    for (const at of cuts(bytes)) expectEqual(read(bytes.subarray(0, at), bytes.subarray(at)), whole);
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test.each(errors)('E: $what ($server) is an error for any cut of its bytes', (given) => {
    const bytes = encodeStream(given);
    const read = createReader(given);
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

function createReader(given: CorpusFile): (...pieces: readonly Uint8Array[]) => FinishedResponse {
  const options = optionsOf(given);
  return (...pieces) => readStreamWith(options, ...pieces);
}

/** Compares with Node first, because it is much faster and this runs a hundred thousand times. Its message says less about a difference. */
function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** Mutation testing runs these tests for every mutant, so it tries a part of the offsets. */
const STEP = Math.max(1, Math.round(1 / Number(process.env['SOAK'] ?? 1)));

/** Every offset; every tenth one if there are more than 20 KB. */
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
