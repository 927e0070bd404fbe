/** The token counts of a server, under uniform names. */
export interface TokenCounts {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number | undefined;
  readonly cacheReads: number;
  readonly cacheWrites: number;
  /** How the cache counts relate to `prompt`, according to their names. */
  readonly cacheNames: CacheNames;
  /** Tokens that the server read for citations and counts nowhere else. */
  readonly citations: number;
  readonly reasoning: number;
}

/**
 * - `inside`: documented as a part of the prompt.
 * - `unclear`: Anthropic's names next to `prompt_tokens`; some gateways include these counts in it, some do not.
 * - `outside`: Anthropic's names next to `input_tokens`, which never includes these counts.
 */
export type CacheNames = 'inside' | 'unclear' | 'outside';

/**
 * Divides the billed tokens into input and output.
 *
 * 1. Cached tokens that the prompt does not include are input.
 * 2. Citation tokens are input.
 * 3. The rest of the total is output, because some servers count reasoning only in the total.
 * 4. Reasoning is a part of the output. If there is more reasoning than output, the server counts the two separately.
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
    // A count above the prompt cannot be a part of it. If the total does not include it either, the count is wrong.
    if (prompt === 0 || (both > prompt && surplus >= both)) return both;
    return cacheReads > prompt && surplus >= cacheReads ? cacheReads : 0;
  }
  const counted = [both, cacheReads, cacheWrites].find(
    (count) => count > 0 && (surplus === count || surplus === count + reasoning),
  );
  if (counted !== undefined) return counted;
  if (both > prompt) return both;
  const isSum = counts.total !== undefined && surplus === 0;
  return cacheNames === 'outside' && !isSum ? both : 0;
}
