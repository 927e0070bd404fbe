import { ProtocolError } from '@pawl/core';
import fc, { type Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import { History } from '../../packages/core/src/chat/history.ts';
import { ReplyReader } from '../../packages/core/src/chat/reply-reader.ts';
import { documented } from './documented.ts';
import { readBody, readStream } from './reading.ts';

/** Further runs for each property: `SOAK=1000 vitest run test/chat/properties.test.ts`. */
const SOAK = Number(process.env['SOAK'] ?? 1);

interface Framing {
  readonly newline: string;
  readonly field: string;
  readonly before: string;
  readonly ends: string;
}

const framing: Arbitrary<Framing> = fc.record({
  newline: fc.constantFrom('\n', '\r\n', '\r'),
  field: fc.constantFrom('data: ', 'data:'),
  before: fc.constantFrom('', ': keep-alive', 'event: message', 'id: 7', 'retry: 100'),
  ends: fc.constantFrom('', '[DONE]'),
});

function streamed(chunks: readonly unknown[], { newline, field, before, ends }: Framing): Uint8Array {
  const lines = [...chunks.map((chunk) => JSON.stringify(chunk)), ...(ends === '' ? [] : [ends])].flatMap((data) => [
    ...(before === '' ? [] : [before]),
    `${field}${data}`,
    '',
  ]);
  return new TextEncoder().encode(lines.map((line) => line + newline).join(''));
}

function split(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end));
}

test('a documented reply is the same however its deltas, its calls and its bytes come', () => {
  fc.assert(
    fc.property(documented, framing, fc.array(fc.nat(), { maxLength: 12 }), ({ reply, chunks }, frame, places) => {
      const whole = readBody(JSON.parse(JSON.stringify(reply)));
      const inPieces = readStream(...split(streamed(chunks, frame), places));
      expect(whole.mends).toEqual([]);
      expect({ reply: inPieces.reply, mends: inPieces.mends }).toEqual({ reply: whole.reply, mends: [] });
    }),
    { numRuns: 300 * SOAK },
  );
});

test('what came out is itself when it is read again', () => {
  fc.assert(
    fc.property(documented, ({ reply }) => {
      const { reply: once } = readBody(reply);
      expect(readBody(once)).toMatchObject({ reply: once, mends: [] });
    }),
    { numRuns: 200 * SOAK },
  );
});

/** Gives a reply that a history takes, or a `ProtocolError`. */
function isHarmless(read: () => { readonly reply: ReturnType<typeof readBody>['reply'] }): void {
  try {
    const { reply } = read();
    for (const { message } of reply.choices) {
      const { message: valid } = History.empty().admit(message);
      for (const call of valid.tool_calls ?? []) if (call.type === 'function') JSON.parse(call.function.arguments);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

test('arbitrary bytes give a reply or a ProtocolError', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string().map((text) => new TextEncoder().encode(text)),
  );
  const lines = fc.array(fc.constantFrom('data: ', 'event: error', '{}', '{"choices":[', '\n', '\r\n', '[DONE]', 'x'), {
    maxLength: 20,
  });
  const anything = fc.oneof(
    bytes,
    lines.map((parts) => new TextEncoder().encode(parts.join(''))),
  );
  fc.assert(
    fc.property(anything, fc.array(fc.nat(), { maxLength: 4 }), (given, places) => {
      isHarmless(() => readStream(...split(given, places)));
    }),
    { numRuns: 1000 * SOAK },
  );
});

test('arbitrary JSON gives a reply or a ProtocolError', () => {
  const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 4 }));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, 1, -1, 1.5, '', 'x', '{}', '{"a":1}', 'stop', 'tool_calls', 'assistant'),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (pieces) => {
      isHarmless(() => {
        const reader = new ReplyReader();
        for (const piece of pieces) reader.read(piece);
        return reader.finish('done');
      });
    }),
    { numRuns: 3000 * SOAK },
  );
});

const KEYS = [
  'choices',
  'delta',
  'message',
  'tool_calls',
  'function',
  'custom',
  'function_call',
  'arguments',
  'input',
  'content',
  'usage',
  'index',
  'id',
  'type',
  'name',
  'role',
  'refusal',
  'error',
  'finish_reason',
  'logprobs',
  'reasoning_content',
  'reasoning_details',
  '__proto__',
  'constructor',
];

test('a documented stream that is damaged on its way gives a reply or a ProtocolError', () => {
  const damage = fc.array(fc.record({ kind: fc.constantFrom('drop', 'repeat', 'swap', 'cut'), at: fc.nat() }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(documented, framing, damage, ({ chunks }, frame, damages) => {
      const left = [...chunks];
      let bytes = Number.POSITIVE_INFINITY;
      for (const { kind, at } of damages) {
        const place = at % left.length || 0;
        if (kind === 'drop') left.splice(place, 1);
        else if (kind === 'repeat') left.splice(place, 0, ...left.slice(place, place + 1));
        else if (kind === 'swap') left.push(...left.splice(place, 1));
        else bytes = at;
      }
      const stream = streamed(left, frame);
      isHarmless(() => readStream(stream.subarray(0, bytes % (stream.length + 1))));
    }),
    { numRuns: 300 * SOAK },
  );
});

test('fields with the names of prototypes never touch one', () => {
  const polluted = JSON.parse(
    '{"__proto__":{"a":1},"choices":[{"index":0,"__proto__":{"b":1},"message":{"role":"assistant","content":"x","__proto__":{"c":1},"constructor":{"prototype":{"d":1}},"tool_calls":[{"id":"i","type":"function","__proto__":{"e":1},"function":{"name":"n","arguments":"{}","__proto__":{"f":1}}}]},"finish_reason":"stop"}]}',
  );
  const { reply } = readBody(polluted);
  expect(['a', 'b', 'c', 'd', 'e', 'f'].filter((name) => name in {})).toEqual([]);
  expect(Object.getPrototypeOf(reply.choices[0].message)).toBe(Object.prototype);
});
