import type { RunEvent } from '@pawl/core';
import type { AgUiUsage } from './ag-ui-event.ts';

/** What the model calls of a stream used, with those of agents inside. */
export interface SpentTokens extends AgUiUsage {
  readonly requests: number;
}

export const NO_TOKENS: SpentTokens = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  reasoningTokens: 0,
  cachedInputTokens: 0,
};

/** Adds what an event reports. The events of agents inside are counted themselves, so `nestedUsage` is not. */
export function addUsage(spent: SpentTokens, event: RunEvent): SpentTokens {
  const own = 'usage' in event && event.type !== 'run.aborted' ? [event.usage] : [];
  const added = [...own, ...('middlewareUsage' in event ? [event.middlewareUsage] : [])];
  return added.reduce<SpentTokens>((sum, usage) => {
    if (usage === undefined) return sum;
    return {
      requests: sum.requests + usage.requests,
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      totalTokens: sum.totalTokens + usage.totalTokens,
      reasoningTokens: sum.reasoningTokens + usage.reasoningTokens,
      cachedInputTokens: sum.cachedInputTokens + usage.cachedInputTokens,
    };
  }, spent);
}

/** Returns the usage for the end of a stream; none if no model was asked. */
export function toUsage({ requests, ...usage }: SpentTokens): { readonly usage?: AgUiUsage[] } {
  return requests === 0 ? {} : { usage: [usage] };
}
