import { ConfigError } from '../base/errors.ts';
import { describeValue, type OptionTable } from '../base/options.ts';
import type { LimitName } from './outcome.ts';

type LimitOptions = Readonly<Partial<Record<LimitName, number>>>;

/** The options of limits, for an agent, a run or `enqueue`. */
export const LIMITS: OptionTable<LimitOptions> = {
  keys: {
    turns: 'number',
    toolCalls: 'number',
    handoffs: 'number',
    requests: 'number',
    tokens: 'number',
    cost: 'number',
    durationMs: 'number',
  },
  hints: {
    maxTurns: 'The option is "turns".',
    maxSteps: 'The option is "turns".',
    iterations: 'The option is "turns".',
    maxRequests: 'The option is "requests".',
    requestLimit: 'The option is "requests".',
    maxTokens: 'The option is "tokens"; the longest response is modelSettings: { max_completion_tokens }.',
    maxCost: 'The option is "cost", in US dollars.',
    budget: 'The option is "cost", in US dollars, or "tokens".',
    timeoutMs: 'The option is "durationMs".',
    timeout: 'The option is "durationMs", in milliseconds.',
  },
};

/** The limits of an agent that sets none. */
export const DEFAULT_LIMITS: Readonly<Record<'turns' | 'handoffs', number>> = { turns: 20, handoffs: 10 };

/** @throws ConfigError for a limit that is not a number above 0. */
export function checkLimits(limits: LimitOptions, where: string): void {
  for (const [name, max] of Object.entries(limits)) {
    if (max === undefined || (typeof max === 'number' && max > 0)) continue;
    throw new ConfigError(
      `${where}: limits.${name} is ${describeValue(max)}. Pass a number greater than 0, or leave it out.`,
    );
  }
}
