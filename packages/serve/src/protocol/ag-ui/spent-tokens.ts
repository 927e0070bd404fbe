import type { RunEvent, Usage } from '@pawl/core';
import { countUsage } from '../count-usage.ts';
import type { AgUiUsage } from './ag-ui-event.ts';

/** Adds what an event reports. The events of agents inside are counted themselves, so `nestedUsage` is not. */
export function addSpent(spent: Usage, event: RunEvent): Usage {
  return countUsage(spent, event, event.type === 'run.aborted' ? ['middlewareUsage'] : ['usage', 'middlewareUsage']);
}

/** Returns the usage for the end of a stream; none if no model was asked. */
export function toUsage({ requests, cost: _, estimated: __, ...usage }: Usage): { readonly usage?: AgUiUsage[] } {
  return requests === 0 ? {} : { usage: [usage] };
}
