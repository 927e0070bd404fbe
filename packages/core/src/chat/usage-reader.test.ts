import { describe, expect, test } from 'vitest';
import { RepairList } from './repair-list.ts';
import type { CompletionUsage } from './response.ts';
import { mergeUsage, UsageReader } from './usage-reader.ts';

function read(...chunks: readonly unknown[]): CompletionUsage | undefined {
  const repairs = new RepairList();
  const reader = new UsageReader();
  for (const chunk of chunks) reader.read(chunk, repairs);
  return reader.finish(repairs);
}

describe('usage in several chunks keeps the greater of each count:', () => {
  const first = { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 };
  const last = { prompt_tokens: 0, completion_tokens: 20, total_tokens: 20 };
  const whole = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

  test.each([
    ['a 0 for an earlier count', [first, last], whole],
    ['the same chunks in another order', [last, first], whole],
    ['a null for an earlier count', [first, { ...last, prompt_tokens: null }], whole],
    ['a chunk without the earlier counts', [first, { completion_tokens: 20 }], whole],
    ['a last chunk without counts', [first, last, { prompt_tokens: 0, total_tokens: 0 }], whole],
    ['texts', [first, { prompt_tokens: '0', completion_tokens: '20', total_tokens: '20' }], whole],
    ['a negative number', [first, { ...last, prompt_tokens: -1 }], whole],
    ['a word in place of a count', [first, { ...last, prompt_tokens: 'many' }], whole],
    ['Anthropic’s names, one in each chunk', [{ input_tokens: 100 }, { output_tokens: 20 }], whole],
    [
      'details in the first chunk',
      [{ ...first, prompt_tokens_details: { cached_tokens: 80, audio_tokens: 0 } }, last],
      { ...whole, prompt_tokens_details: { cached_tokens: 80, audio_tokens: 0 } },
    ],
    [
      'details that are 0 or null later',
      [
        { ...first, prompt_tokens_details: { cached_tokens: 80 }, completion_tokens_details: { reasoning_tokens: 9 } },
        { ...last, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: null },
      ],
      { ...whole, prompt_tokens_details: { cached_tokens: 80 }, completion_tokens_details: { reasoning_tokens: 9 } },
    ],
    [
      'details alone behind the counts',
      [whole, { completion_tokens_details: { reasoning_tokens: 9 } }],
      { ...whole, completion_tokens_details: { reasoning_tokens: 9 } },
    ],
    [
      'a cost that grows',
      [
        { ...whole, cost: 0.1 },
        { ...whole, cost: 0.3 },
      ],
      { ...whole, cost: 0.3 },
    ],
  ])('%s', (_, chunks, usage) => {
    expect(read(...chunks)).toEqual(usage);
  });
});

test('uses measurements as usage if there are no counts, and for cached tokens if there are', () => {
  const timings = { cache_n: 236, prompt_n: 1, predicted_n: 35 };
  const repairs = new RepairList();
  const alone = new UsageReader();
  alone.readTimings(timings);
  expect(alone.finish(repairs)).toEqual({
    prompt_tokens: 237,
    completion_tokens: 35,
    total_tokens: 272,
    prompt_tokens_details: { cached_tokens: 236 },
  });
  const counted = new UsageReader();
  counted.readTimings(timings);
  counted.read({ prompt_tokens: 200, completion_tokens: 35, total_tokens: 235 }, repairs);
  expect(counted.finish(repairs)?.prompt_tokens_details).toEqual({ cached_tokens: 200 });
  expect(repairs.all.map(({ path }) => path)).toEqual(['usage', 'timings.cache_n']);
});

test('ignores measurements without cached tokens', () => {
  const reader = new UsageReader();
  reader.readTimings({ prompt_n: 10, predicted_n: 5 });
  expect(reader.finish(new RepairList())).toBeUndefined();
});

test('merges deeply nested objects without a stack overflow', () => {
  const deep = (leaf: number): unknown => {
    let value: unknown = leaf;
    for (let depth = 0; depth < 100_000; depth++) value = { value };
    return value;
  };
  expect(mergeUsage({ a: deep(1), prompt_tokens: 2 }, { a: deep(2), prompt_tokens: 1 })).toMatchObject({
    prompt_tokens: 2,
  });
});
