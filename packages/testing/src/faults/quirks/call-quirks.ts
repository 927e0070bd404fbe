import { isObject } from '../../base/json.ts';
import type { ChatChunk } from '../../script/build-chunks.ts';
import {
  type Fields,
  mapCalls,
  mapMessages,
  mapStreamedCalls,
  parseArguments,
  type Quirk,
  readToolCalls,
  withCalls,
  withDelta,
  withFunction,
  withMessage,
} from './quirk.ts';

/** Other encodings of the same tool calls. */
export type CallQuirkName = IdQuirk | IndexQuirk | PieceQuirk | ShapeQuirk;
type IdQuirk = 'no-call-ids' | 'empty-call-ids' | 'same-call-ids' | 'ids-on-each-piece' | 'other-ids-on-each-piece';
type IndexQuirk = 'index-zero' | 'indexes-from-one' | 'no-indexes';
type PieceQuirk = 'names-on-each-piece' | 'late-names' | 'whole-calls' | 'arguments-as-object';
type ShapeQuirk = 'no-call-types' | 'null-calls' | 'empty-calls' | 'thought-signatures' | 'legacy-call';

export const callQuirks: Readonly<Record<CallQuirkName, Quirk>> = {
  'no-call-ids': mapCalls(({ id: _, ...call }) => call),
  'empty-call-ids': mapCalls((call) => ({ ...call, id: '' })),
  'same-call-ids': mapCalls((call, { isFirst }) => (isFirst ? { ...call, id: 'call_0' } : call)),
  'ids-on-each-piece': mapStreamedCalls((call, { position }) => ({ ...call, id: `call_of_${position}` })),
  'other-ids-on-each-piece': { stream: (chunks) => chunks.map(withOtherIds) },
  'no-call-types': mapCalls(({ type: _, ...call }) => call),
  /** Every parallel call has index 0. */
  'index-zero': mapStreamedCalls((call) => ({ ...call, index: 0 })),
  'indexes-from-one': mapStreamedCalls((call, { position }) => ({ ...call, index: position + 1 })),
  'no-indexes': mapStreamedCalls(({ index: _, ...call }) => call),
  'names-on-each-piece': { stream: withNamesEverywhere },
  'late-names': { stream: withLateNames },
  'whole-calls': { stream: withWholeCalls },
  'arguments-as-object': {
    stream: (chunks) => withWholeCalls(chunks).map((chunk) => withDelta(chunk, withParsedCalls)),
    whole: (response) => withMessage(response, withParsedCalls),
  },
  // The field is present in messages without calls.
  'null-calls': mapMessages((message) => ({ ...message, tool_calls: message['tool_calls'] ?? null })),
  'empty-calls': mapMessages((message) => ({ ...message, tool_calls: message['tool_calls'] ?? [] })),
  /** Gemini's field on each call. A client has to send it back unchanged. */
  'thought-signatures': mapCalls((call, { isFirst }) =>
    isFirst ? { ...call, extra_content: { google: { thought_signature: 'c2lnbmVk' } } } : call,
  ),
  'legacy-call': { whole: (response) => withMessage(response, toLegacyCall), stream: withLegacyCalls },
};

function withOtherIds(chunk: ChatChunk, at: number): Fields {
  return withDelta(chunk, (delta) => withCalls(delta, (call, index) => ({ ...call, id: `call_${at}_${index}` })));
}

function withNamesEverywhere(chunks: readonly ChatChunk[]): readonly Fields[] {
  const names = new Map<unknown, unknown>();
  return chunks.map((chunk) =>
    withDelta(chunk, (delta) =>
      withCalls(delta, (call) =>
        withFunction(call, (called) => {
          const { name = names.get(call['index']) } = called;
          names.set(call['index'], name);
          return { ...called, name };
        }),
      ),
    ),
  );
}

/** The first delta of a call has its id, the next one its name. */
function withLateNames(chunks: readonly ChatChunk[]): readonly Fields[] {
  return chunks.flatMap((chunk) => {
    const calls = readChunkCalls(chunk);
    if (!calls.some(({ id }) => id !== undefined)) return [{ ...chunk }];
    const early = calls.map((call) => withFunction(call, ({ name: _, ...called }) => called));
    const late = calls.map(({ index, function: called }) => {
      return { index, function: isObject(called) ? { name: called['name'] } : called };
    });
    return [early, late].map((each) => withDelta(chunk, (delta) => ({ ...delta, tool_calls: each })));
  });
}

/** Each call comes in a single delta. */
function withWholeCalls(chunks: readonly ChatChunk[]): readonly ChatChunk[] {
  const whole = new Map<unknown, { call: Fields; text: string }>();
  for (const call of chunks.flatMap(readChunkCalls)) {
    const known = whole.get(call['index']) ?? { call, text: '' };
    const { function: called } = call;
    const piece = isObject(called) ? called['arguments'] : undefined;
    whole.set(call['index'], { ...known, text: known.text + (typeof piece === 'string' ? piece : '') });
  }
  return chunks.flatMap((chunk) => {
    const calls = readChunkCalls(chunk);
    const begun = calls.filter(({ id }) => id !== undefined);
    if (calls.length > 0 && begun.length === 0) return [];
    const complete = begun.map((call) => {
      return withFunction(call, (called) => ({ ...called, arguments: whole.get(call['index'])?.text ?? '' }));
    });
    if (complete.length === 0) return [chunk];
    return [withDelta(chunk, (delta) => ({ ...delta, tool_calls: complete })) as unknown as ChatChunk]; // Only the delta is changed.
  });
}

function withParsedCalls(message: Fields): Fields {
  return withCalls(message, (call) => withFunction(call, parseArguments));
}

function readChunkCalls({ choices }: ChatChunk): readonly Fields[] {
  return choices.flatMap(({ delta }) => readToolCalls(delta));
}

/** Only for responses with exactly one call. */
function withLegacyCalls(chunks: readonly ChatChunk[]): readonly Fields[] {
  const all = chunks.flatMap(readChunkCalls);
  if (new Set(all.map(({ index }) => index)).size !== 1) return chunks.map((chunk) => ({ ...chunk }));
  return chunks.map((chunk) => withDelta(chunk, toLegacyCall));
}

/** Converts a single call to the legacy form `function_call`. Several calls have no such form. */
function toLegacyCall(message: Fields): Fields {
  const [call, ...others] = readToolCalls(message);
  if (call === undefined || others.length > 0) return message;
  const { tool_calls: _, ...rest } = message;
  return { ...rest, function_call: call['function'] };
}
