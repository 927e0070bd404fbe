import type { RunSummary } from './host.ts';
import { type CheckedFilter, listMetadataKeys } from './run-filter.ts';
import type { StoredRun } from './run-store.ts';

/** Selects the runs that a filter matches, in its order and up to its limit. `runs`: all runs of a store, by ascending position. */
export function filterRuns(runs: readonly StoredRun[], filter: CheckedFilter): readonly RunSummary[] {
  const found: RunSummary[] = [];
  for (const run of filter.order === 'asc' ? runs : runs.toReversed()) {
    if (found.length >= filter.limit) break;
    if (!matchesFilter(run, filter)) continue;
    const { record: _, ...summary } = run;
    found.push(summary);
  }
  return found;
}

function matchesFilter({ record, position, status, metadata, startedAt }: StoredRun, filter: CheckedFilter): boolean {
  const { after, order, metadataKeys: wanted, since = Number.NEGATIVE_INFINITY } = filter;
  const { agent, conversation } = record;
  if (after !== undefined && (order === 'asc' ? position <= after : position >= after)) return false;
  if ((filter.status ?? status) !== status || (filter.agent ?? agent) !== agent || startedAt < since) return false;
  if (filter.owner !== undefined && filter.owner !== record.owner) return false;
  if (filter.conversation !== undefined && filter.conversation !== conversation?.id) return false;
  if (wanted.length === 0) return true;
  const keys = new Set(listMetadataKeys(metadata));
  return wanted.every((key) => keys.has(key));
}
