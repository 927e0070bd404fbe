import { type RetryWait, readWait } from '../chat/retry-wait.ts';

type Header = (name: string) => string | undefined;

interface Now {
  readonly now: number;
}

/** When a server wants to be asked again, in milliseconds from now; `undefined` where it says nothing that can be read. */
export function retryAfterMs(header: Header, { now }: Now): number | undefined {
  const exact = header('retry-after-ms');
  if (exact !== undefined && /^\d+(\.\d+)?$/.test(exact)) return Number(exact);
  return waitMs(readWait(header('retry-after')), { now });
}

/** A wait as milliseconds from now. */
export function waitMs(wait: RetryWait | undefined, { now }: Now): number | undefined {
  if (wait === undefined) return undefined;
  return 'afterMs' in wait ? wait.afterMs : Math.max(0, wait.atMs - now);
}

/**
 * When the limit that refused a request is free again, by the headers that state each limit; for servers that say nothing else.
 *
 * A limit with nothing left is the one that refused. If none says so, it is one by the minute: a longer one is not waited for.
 */
export function limitResetMs(header: Header, { now }: Now): number | undefined {
  const limits = LIMITS.map(([reset, remaining]) => ({
    ms: waitMs(readWait(header(reset)), { now }),
    left: Number(header(remaining) ?? Number.NaN),
  }));
  const known = limits.flatMap(({ ms, left }) => (ms === undefined || ms === 0 ? [] : [{ ms, isSpent: left <= 0 }]));
  const spent = known.filter(({ isSpent }) => isSpent);
  const candidates = (spent.length > 0 ? spent : known.filter(({ ms }) => ms <= A_MINUTE)).map(({ ms }) => ms);
  return candidates.length === 0 ? undefined : Math.max(...candidates);
}

const A_MINUTE = 60_000;

/** Headers of when a limit is whole again, and of what is left of it. */
const LIMITS: readonly (readonly [string, string])[] = [
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
