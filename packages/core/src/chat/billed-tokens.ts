/** What a server counted, under whatever names. */
export interface TokenCounts {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number | undefined;
  readonly cacheReads: number;
  readonly cacheWrites: number;
  /** How the names of the cache counts say that they relate to `prompt`. */
  readonly cacheNames: CacheNames;
  /** Tokens that the server read for the answer and counts nowhere else. */
  readonly citations: number;
  readonly reasoning: number;
}

/**
 * - `inside`: documented as a part of the prompt.
 * - `unclear`: Anthropic's names beside `prompt_tokens`, which some gateways include and some do not.
 * - `beside`: Anthropic's names beside `input_tokens`, which never includes them.
 */
export type CacheNames = 'inside' | 'unclear' | 'beside';

/**
 * Divides what a server billed into input and output.
 *
 * 1. Cached tokens that the prompt does not include are input.
 * 2. Citation tokens are input.
 * 3. What the total counts beyond that is output: some servers count reasoning in the total alone.
 * 4. Reasoning is a part of the output. A server that counts more of it counts it beside.
 */
export function divideBilledTokens(counts: TokenCounts): { readonly prompt: number; readonly completion: number } {
  const { prompt, completion, total, citations, reasoning } = counts;
  const surplus = Math.max(0, (total ?? 0) - prompt - completion);
  const cached = countCachedOutsidePrompt(counts, surplus);
  const left = Math.max(0, surplus - cached - (surplus - cached >= citations ? citations : 0));
  const more = reasoning > completion + left ? reasoning : left;
  return { prompt: prompt + cached + citations, completion: completion + more };
}

function countCachedOutsidePrompt(counts: TokenCounts, surplus: number): number {
  const { prompt, cacheReads, cacheWrites, cacheNames, reasoning } = counts;
  const both = cacheReads + cacheWrites;
  if (cacheNames === 'inside') {
    // More than the prompt cannot be a part of it. Without a total that counts it, the number itself is wrong.
    if (prompt === 0 || (both > prompt && surplus >= both)) return both;
    return cacheReads > prompt && surplus >= cacheReads ? cacheReads : 0;
  }
  const counted = [both, cacheReads, cacheWrites].find(
    (count) => count > 0 && (surplus === count || surplus === count + reasoning),
  );
  if (counted !== undefined) return counted;
  if (both > prompt) return both;
  const isSum = counts.total !== undefined && surplus === 0;
  return cacheNames === 'beside' && !isSum ? both : 0;
}
