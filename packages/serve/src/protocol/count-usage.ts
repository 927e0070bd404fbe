import type { RunEvent, Usage } from '@pawl/core';
import { addUsage } from '@pawl/core/events';

export const NO_USAGE: Usage = {
  requests: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
  cost: 0,
  estimated: false,
};

/** Adds what an event reports in these fields. */
export function countUsage(
  sum: Usage,
  event: RunEvent,
  fields: readonly ('usage' | 'middlewareUsage' | 'nestedUsage')[],
): Usage {
  return fields.reduce<Usage>((total, field) => {
    const usage: unknown = Reflect.get(event, field);
    // The fields of these names have a usage, in every event.
    return usage === undefined ? total : addUsage(total, usage as Usage);
  }, sum);
}
