import type { Outcome } from '@pawl/core';
import { addUsage } from '@pawl/core/events';

type Usage = Outcome['usage'];

const NO_USAGE: Usage = {
  requests: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
  cost: 0,
  estimated: false,
};

/** The usage of all agents and tools of an outcome. What is inside a tool may not be more than the usage of the tool. */
export function sumUsage({ usageBy }: Pick<Outcome<unknown>, 'usageBy'>): Usage {
  for (const { usage, inside } of usageBy) {
    if (inside === undefined) continue;
    const sum = sumUsage({ usageBy: inside });
    if (sum.totalTokens !== usage.totalTokens) throw new Error(`${sum.totalTokens} of ${usage.totalTokens} tokens.`);
  }
  return usageBy.map(({ usage }) => usage).reduce(addUsage, NO_USAGE);
}
