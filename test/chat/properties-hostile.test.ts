import { ProtocolError } from '@pawl/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { History } from '../../packages/core/src/chat/history.ts';
import {
  type FinishedResponse,
  type ResponseEnd,
  ResponseReader,
} from '../../packages/core/src/chat/response-reader.ts';
import { documented } from './documented.ts';
import { frameFormat, split, writeStream } from './frame-format.ts';
import { hostileBytes, hostilePiece } from './hostile.ts';
import { collectTexts, joinDeltas, makeTools, readBody, readStream } from './read-stream.ts';
import { SOAK, TIMEOUT_MS } from './soak.ts';

/** Repairs that are reported again when the result is read again, because a reader cannot correct these deviations. */
const INHERENT = [
  /finish_reason: null: the server gave none$/,
  /finish_reason: ".*" is not a documented one: kept$/s,
  /finish_reason: ".*" says that this choice failed: kept$/s,
  /finish_reason: "stop" beside tool calls: kept$/,
  /function\.name: missing$/,
];

/** Returns a sound response or the `ProtocolError`. Throws any other error. */
function outcome(read: () => FinishedResponse): unknown {
  try {
    const { response, repairs, deltas } = read();
    expectSound(response);
    return { response, repairs, texts: joinDeltas(deltas) };
  } catch (error) {
    if (!ProtocolError.isInstance(error)) throw error;
    const { code, message } = error;
    return { code, message };
  }
}

/** Expects that a response is JSON, that a history accepts its messages, and that it is read again unchanged. */
function expectSound(response: FinishedResponse['response']): void {
  expect(JSON.parse(JSON.stringify(response))).toEqual(response);
  for (const { message } of response.choices) {
    const { message: valid } = History.createEmpty().admit(message);
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    for (const call of valid.tool_calls ?? []) if (call.type === 'function') JSON.parse(call.function.arguments);
    expect(History.createEmpty().append(valid).messages).toEqual([valid]);
  }
  // The first half of a tag around a finish reason was emitted as text before the second half arrived.
  if (response.choices.some(({ message }) => /^\s*<think>/.test(String(message.content)))) return;
  const again = readBody(response);
  expect(again.response).toEqual(response);
  const notes = again.repairs.map(({ path, note }) => `${path}: ${note}`);
  expect(notes.filter((note) => !INHERENT.some((inherent) => inherent.test(note)))).toEqual([]);
}

test('arbitrary bytes give a response or a ProtocolError, the same for any cut', {
  timeout: TIMEOUT_MS,
}, () => {
  fc.assert(
    fc.property(hostileBytes, fc.array(fc.nat(), { maxLength: 4 }), (bytes, places) => {
      expect(outcome(() => readStream(...split(bytes, places)))).toEqual(outcome(() => readStream(bytes)));
    }),
    { numRuns: 1000 * SOAK },
  );
});

test('A8: any JSON of a server gives a response or a ProtocolError', {
  timeout: TIMEOUT_MS,
}, () => {
  const end = fc.constantFrom<ResponseEnd[]>('done', 'closed', 'whole');
  const counts = { response: 0, error: 0 };
  fc.assert(
    fc.property(fc.array(hostilePiece, { minLength: 1, maxLength: 4 }), end, fc.boolean(), (pieces, ended, isText) => {
      const options = isText ? { tools: makeTools(['f', 'a']), textCalls: { isQuoted: () => false } } : {};
      const result = outcome(() => {
        const reader = new ResponseReader({ maxCalls: 8, ...options });
        const deltas = pieces.flatMap((piece) => reader.read(JSON.parse(JSON.stringify(piece))));
        const finished = reader.finish(ended);
        return { ...finished, deltas: [...deltas, ...finished.deltas] };
      });
      counts[typeof result === 'object' && result !== null && 'response' in result ? 'response' : 'error']++;
    }),
    { numRuns: 1500 * SOAK },
  );
  // Checks that the generator makes both responses and errors.
  expect({ responses: counts.response > 200 * SOAK, errors: counts.error > 200 * SOAK }).toEqual({
    responses: true,
    errors: true,
  });
});

test('a damaged stream gives a response or a ProtocolError', {
  timeout: TIMEOUT_MS,
}, () => {
  const kind = fc.constantFrom('drop', 'repeat', 'swap', 'cut', 'flip');
  const damage = fc.array(fc.record({ kind, at: fc.nat(), to: fc.nat({ max: 255 }) }), { minLength: 1, maxLength: 3 });
  const places = fc.array(fc.nat(), { maxLength: 4 });
  fc.assert(
    fc.property(documented, frameFormat, damage, places, ({ chunks }, frame, damages, cuts) => {
      const bytes = damaged(chunks, { damages, write: (left) => writeStream(left, frame) });
      expect(outcome(() => readStream(...split(bytes, cuts)))).toEqual(outcome(() => readStream(bytes)));
    }),
    { numRuns: 300 * SOAK },
  );
});

interface DamageOptions {
  readonly damages: readonly { readonly kind: string; readonly at: number; readonly to: number }[];
  readonly write: (chunks: readonly unknown[]) => Uint8Array;
}

/** Damages a stream: chunks are lost, repeated or moved; bytes are lost at the end or changed. */
function damaged(chunks: readonly unknown[], { damages, write }: DamageOptions): Uint8Array {
  const left = [...chunks];
  for (const { kind, at, to } of damages) {
    const place = at % Math.max(1, left.length);
    if (kind === 'drop') left.splice(place, 1);
    if (kind === 'repeat') left.splice(place, 0, ...left.slice(place, place + 1));
    if (kind === 'swap') left.splice(to % Math.max(1, left.length), 0, ...left.splice(place, 1));
  }
  let bytes = write(left);
  for (const { kind, at, to } of damages) {
    if (kind === 'cut') bytes = bytes.subarray(0, at % (bytes.length + 1));
    if (kind === 'flip') bytes = bytes.map((byte, position) => (position === at % bytes.length ? to : byte));
  }
  return bytes;
}

test('the deltas of a response with lost chunks equal its texts', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(
      documented,
      frameFormat,
      fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      ({ chunks }, frame, lost) => {
        const left = chunks.filter((_, at) => at === 0 || !lost.some((each) => each % chunks.length === at));
        const bytes = writeStream(left, { ...frame, end: 'data: [DONE]\n\n' });
        const { response, deltas } = readStream(bytes);
        expect(joinDeltas(deltas)).toEqual(collectTexts(response.choices[0].message));
      },
    ),
    { numRuns: 200 * SOAK },
  );
});

test('fields with the names of prototypes do not change a prototype', () => {
  const polluted: unknown = JSON.parse(
    '{"__proto__":{"a":1},"choices":[{"index":0,"__proto__":{"b":1},"message":{"role":"assistant","content":"x","__proto__":{"c":1},"constructor":{"prototype":{"d":1}},"audio":{"id":"i","__proto__":{"h":1}},"tool_calls":[{"id":"i","type":"function","__proto__":{"e":1},"function":{"name":"n","arguments":"{}","__proto__":{"f":1}}}]},"finish_reason":"stop","logprobs":{"__proto__":[{"g":1}]}}],"usage":{"total_tokens":1,"__proto__":{"i":1}}}',
  );
  const { response } = readBody(polluted);
  const [{ message }] = response.choices;
  expect([...'abcdefghi'].filter((name) => name in {})).toEqual([]);
  expect(
    [response, message, message.tool_calls?.[0], response.usage, message.audio].map((part) =>
      Object.getPrototypeOf(part),
    ),
  ).toEqual(Array(5).fill(Object.prototype));
});
