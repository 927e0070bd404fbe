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

/** The usage of all agents and tools of an outcome. That of a tool is what is inside it; an agent has requests of its own, beside its guards'. */
export function sumUsage({ usageBy }: Pick<Outcome<unknown>, 'usageBy'>): Usage {
  for (const { tool, usage, inside } of usageBy) {
    if (inside === undefined) continue;
    const sum = sumUsage({ usageBy: inside });
    const isWhole = tool === undefined ? sum.totalTokens <= usage.totalTokens : sum.totalTokens === usage.totalTokens;
    if (!isWhole) throw new Error(`${sum.totalTokens} of ${usage.totalTokens} tokens.`);
  }
  return usageBy.map(({ usage }) => usage).reduce(addUsage, NO_USAGE);
}
