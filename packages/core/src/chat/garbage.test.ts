import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { type ReplyEnd, ReplyReader } from './reply-reader.ts';

/** Fields that mean something to the reader, and values that they never have. */
const NAMES = [
  'choices delta message content role tool_calls function function_call custom arguments input name id index type',
  'finish_reason usage x_groq prompt_tokens total_tokens prompt_tokens_details logprobs reasoning_content refusal',
  'reasoning_details text thinking error object created model service_tier content_filter_results audio __proto__ toString',
].flatMap((names) => names.split(' '));

const VALUES = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  1e300,
  '',
  'a',
  '{',
  '{}',
  'stop',
  '<think>',
  '</think>',
  '12',
  '__proto__',
];

/** Odd JSON, most of it near enough to a reply to get somewhere. The same for the same seed. */
function garbage(random: () => number, depth: number): unknown {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const kind = random();
  if (depth === 0 || kind < 0.25) return pick(VALUES);
  if (kind < 0.45) return Array.from({ length: Math.floor(random() * 4) }, () => garbage(random, depth - 1));
  const fields = Array.from({ length: Math.floor(random() * 6) }, () => [pick(NAMES), garbage(random, depth - 1)]);
  return Object.fromEntries(fields);
}

/** Where a reply is expected, so that each part of the reader sees its share. */
function piece(random: () => number): unknown {
  const inner = garbage(random, 5);
  const kind = random();
  if (kind < 0.2) return inner;
  if (kind < 0.3) return { choices: [inner] };
  if (kind < 0.5)
    return { choices: [{ index: 0, delta: inner, message: kind < 0.35 ? garbage(random, 4) : undefined }] };
  if (kind < 0.8) return { choices: [{ index: 0, delta: { tool_calls: [inner, garbage(random, 3)] } }] };
  return { choices: [{ message: inner, finish_reason: garbage(random, 1) }], usage: garbage(random, 3) };
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ENDS: readonly ReplyEnd[] = ['done', 'closed', 'whole'];

/** What came of it: a reply that can be stored, an error of the right kind, or what was thrown otherwise. */
function outcome(pieces: readonly unknown[], end: ReplyEnd): unknown {
  const reader = new ReplyReader();
  try {
    for (const each of pieces) reader.read(each);
    const { reply } = reader.finish(end);
    const stored: unknown = JSON.parse(JSON.stringify(reply));
    expect(stored).toEqual(reply);
    expect(Object.getPrototypeOf(reply.choices[0].message)).toBe(Object.prototype);
    return 'reply';
  } catch (error) {
    return error instanceof ProtocolError ? 'failure' : error;
  }
}

test('A8: whatever a server sends is a reply or a ProtocolError, never anything else', () => {
  const counts = new Map<unknown, number>();
  for (let seed = 1; seed <= 6000; seed++) {
    const random = randomFrom(seed);
    const pieces = Array.from({ length: 1 + (seed % 4) }, () => JSON.parse(JSON.stringify(piece(random))) as unknown);
    const result = outcome(pieces, ENDS[seed % 3] ?? 'done');
    if (result !== 'reply' && result !== 'failure') throw new Error(`seed ${seed}`, { cause: result });
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  expect([...counts].every(([, count]) => count > 1000)).toBe(true);
});

test('A8: a reply that is nested without end is a ProtocolError', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  for (const message of [
    { tool_calls: [{ function: { name: 'f', arguments: deep } }] },
    { content: deep },
    { x: deep },
    deep,
  ]) {
    const reader = new ReplyReader();
    const read = (): unknown => {
      reader.read({ choices: [{ index: 0, message, finish_reason: 'stop' }], error: null });
      reader.read({ choices: [{ index: 0, message, finish_reason: deep }] });
      return reader.finish('whole').reply.choices.length;
    };
    let result: unknown;
    try {
      result = read();
    } catch (error) {
      result = error instanceof ProtocolError ? error.code : error;
    }
    expect(['reply.garbage', 1]).toContain(result);
  }
});
