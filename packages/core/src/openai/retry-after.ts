import { type RetryWait, readWait } from '../chat/retry-wait.ts';

type GetHeader = (name: string) => string | undefined;

interface CurrentTime {
  readonly now: number;
}

/** Reads the wait that a server asks for, in milliseconds from now. Returns `undefined` if there is no readable one. */
export function readRetryAfterMs(getHeader: GetHeader, { now }: CurrentTime): number | undefined {
  const exact = getHeader('retry-after-ms');
  if (exact !== undefined && /^\d+(\.\d+)?$/.test(exact)) return Number(exact);
  return toWaitMs(readWait(getHeader('retry-after')), { now });
}

/** Converts a wait to milliseconds from now. */
export function toWaitMs(wait: RetryWait | undefined, { now }: CurrentTime): number | undefined {
  if (wait === undefined) return undefined;
  return 'afterMs' in wait ? wait.afterMs : Math.max(0, wait.atMs - now);
}

/**
 * Reads when the limit that refused a request is free again from the headers of each limit, in milliseconds from now. For servers without
 * `retry-after`.
 *
 * A limit with nothing left refused the request. If no header says so, a limit per minute did: longer limits are not waited for.
 */
export function readLimitResetMs(getHeader: GetHeader, { now }: CurrentTime): number | undefined {
  const limits = LIMIT_HEADERS.map(([reset, remaining]) => ({
    ms: toWaitMs(readWait(getHeader(reset)), { now }),
    remaining: Number(getHeader(remaining) ?? Number.NaN),
  }));
  const known = limits.flatMap(({ ms, remaining }) =>
    ms === undefined || ms === 0 ? [] : [{ ms, isSpent: remaining <= 0 }],
  );
  const spent = known.filter(({ isSpent }) => isSpent);
  const candidates = (spent.length > 0 ? spent : known.filter(({ ms }) => ms <= MINUTE_MS)).map(({ ms }) => ms);
  return candidates.length === 0 ? undefined : Math.max(...candidates);
}

const MINUTE_MS = 60_000;

/** For each limit, the header of its reset and the header of what remains. */
const LIMIT_HEADERS: readonly (readonly [string, string])[] = [
  ...['requests', 'tokens'].flatMap((limit): readonly (readonly [string, string])[] => [
    [`x-ratelimit-reset-${limit}`, `x-ratelimit-remaining-${limit}`], // OpenAI, Groq: https://platform.openai.com/docs/guides/rate-limits
    [`x-rate-limit-reset-${limit}`, `x-rate-limit-remaining-${limit}`], // Azure: https://github.com/openai/openai-python/issues/937
    [`x-ratelimit-reset-${limit}-minute`, `x-ratelimit-remaining-${limit}-minute`], // Cerebras: https://github.com/QwenLM/qwen-code/pull/670
    [`x-ratelimit-reset-${limit}-day`, `x-ratelimit-remaining-${limit}-day`],
    [`anthropic-ratelimit-${limit}-reset`, `anthropic-ratelimit-${limit}-remaining`], // https://docs.anthropic.com/en/api/rate-limits
  ]),
  ['anthropic-ratelimit-input-tokens-reset', 'anthropic-ratelimit-input-tokens-remaining'],
  ['anthropic-ratelimit-output-tokens-reset', 'anthropic-ratelimit-output-tokens-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'], // Together, OpenRouter
  ['ratelimit-reset', 'ratelimit-remaining'],
];
