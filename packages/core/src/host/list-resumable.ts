import type { Wait } from './check-answer.ts';
import type { RunRecord } from './host.ts';
import type { RunStore } from './run-store.ts';

/** Reads the records of the runs of an agent that can continue and that no process works on. `now`: milliseconds since 1970. */
export async function listResumable(store: RunStore, agent: string, now: number): Promise<readonly RunRecord[]> {
  if (store.listResumable !== undefined) return store.listResumable(agent, now);
  const filter = { agent, metadataKeys: [], order: 'asc', limit: Number.POSITIVE_INFINITY } as const;
  const records: RunRecord[] = [];
  for (const status of ['queued', 'interrupted', 'suspended'] as const) {
    for (const { runId } of await store.list({ ...filter, status })) {
      if (status === 'suspended' && !(await hasNews(store, runId, now))) continue;
      records.push((await store.find(runId)).record);
    }
  }
  return records;
}

/** Whether a suspended run can continue: it was cancelled, or a wait has an answer or has expired. */
function hasNews(store: RunStore, runId: string, now: number): Promise<boolean> {
  return store.update(runId, {
    waits: 'all',
    decide: ({ cancelReason }, waits) => {
      return { result: cancelReason !== undefined || [...waits.values()].some((wait) => isUndelivered(wait, now)) };
    },
  });
}

function isUndelivered({ answer, expiresAt, isDelivered }: Wait, now: number): boolean {
  return !isDelivered && (answer !== undefined || now >= expiresAt);
}
