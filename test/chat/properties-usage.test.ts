import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readUsage } from '../../packages/core/src/chat/read-usage.ts';
import { RepairList } from '../../packages/core/src/chat/repair-list.ts';
import type { CompletionUsage } from '../../packages/core/src/chat/response.ts';
import { mergeUsage, UsageReader } from '../../packages/core/src/chat/usage-reader.ts';
import { usage } from './hostile.ts';
import { SOAK, TIMEOUT_MS } from './soak.ts';

type Wire = Readonly<Record<string, unknown>>;

function read(chunks: readonly Wire[]): CompletionUsage | undefined {
  const repairs = new RepairList();
  const reader = new UsageReader();
  for (const chunk of chunks) reader.read(chunk, repairs);
  return reader.finish(repairs);
}

/** The four counts that determine a cost. */
function countsOf(given: CompletionUsage) {
  const cached = given.prompt_tokens_details?.cached_tokens ?? 0;
  const reasoning = given.completion_tokens_details?.reasoning_tokens ?? 0;
  return { prompt: given.prompt_tokens, cached, completion: given.completion_tokens, reasoning };
}

test('for any counts of a server, details do not exceed their count and the total is the sum', {
  timeout: TIMEOUT_MS,
}, () => {
  fc.assert(
    fc.property(fc.array(usage, { maxLength: 3 }), (chunks) => {
      const given = read(chunks);
      if (given === undefined) return;
      const { prompt, cached, completion, reasoning } = countsOf(given);
      expect(given.total_tokens).toBe(prompt + completion);
      expect(cached).toBeLessThanOrEqual(prompt);
      expect(reasoning).toBeLessThanOrEqual(completion);
      expect(readUsage({ ...given }, new RepairList())).toEqual(given);
    }),
    { numRuns: 1_000 * SOAK },
  );
});

test('no token that a server counts is lost', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(
      fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat(), total_tokens: fc.nat() }),
      usage,
      (plain, more) => {
        const given = read([more, plain]);
        if (given === undefined) return;
        expect(given.prompt_tokens).toBeGreaterThanOrEqual(plain.prompt_tokens);
        expect(given.completion_tokens).toBeGreaterThanOrEqual(plain.completion_tokens);
        expect(given.total_tokens).toBeGreaterThanOrEqual(plain.total_tokens);
      },
    ),
    { numRuns: 1_000 * SOAK },
  );
});

test('counts of several chunks are merged in any order', { timeout: TIMEOUT_MS }, () => {
  const names = fc.constantFrom('prompt_tokens', 'completion_tokens', 'total_tokens', 'cached_tokens');
  const counts = fc.dictionary(names, fc.nat());
  fc.assert(
    fc.property(counts, counts, (one, other) => {
      expect(mergeUsage(one, other)).toEqual(mergeUsage(other, one));
    }),
    { numRuns: 500 * SOAK },
  );
});
