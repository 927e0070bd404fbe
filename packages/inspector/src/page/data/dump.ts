import type { RunEvent } from '@pawl/core';
import type { RunState } from '@pawl/serve';
import { type Signal, signal } from '@preact/signals';
import { readDump } from '../view/read-dump.ts';
import type { RunSource } from './run-follower.ts';
import { toMessage } from './server.ts';
import { actionResult } from './state.ts';

/** The runs of files that were opened in the page. They are in its memory only. */
export const dumpedRuns: Signal<ReadonlyMap<string, RunSource>> = signal(new Map());

/** Opens an exported file. */
export async function openDump(file: File): Promise<readonly string[]> {
  try {
    const runs = readDump(await file.text());
    const sources = [...runs].map(([runId, events]) => [runId, createSource(runId, events)] as const);
    dumpedRuns.value = new Map([...dumpedRuns.value, ...sources]);
    actionResult.value = { kind: 'done', text: `Opened ${file.name}. Its runs are in the memory of this page.` };
    return [...runs.keys()];
  } catch (error) {
    actionResult.value = { kind: 'failed', text: `${file.name} cannot be opened. ${toMessage(error)}` };
    return [];
  }
}

function createSource(runId: string, events: readonly RunEvent[]): RunSource {
  return {
    runId,
    events: signal(events),
    state: signal(describeRun(runId, events)),
    budget: signal(undefined),
    problem: signal(undefined),
    isLoaded: signal(true),
    close: () => undefined,
  };
}

/** What the server would say of the run. A dump without the end of its run is one of an interrupted run. */
function describeRun(runId: string, events: readonly RunEvent[]): RunState {
  const start = events.find(({ type, path }) => type === 'run.started' && path === '');
  const end = events.findLast((event) => event.type === 'run.finished' && event.path === '');
  const outcome = end?.type === 'run.finished' ? end.outcome : undefined;
  const createdAt = Math.min(...events.map(({ at }) => at));
  return {
    id: runId,
    agent: start?.agent ?? events[0]?.agent ?? '',
    status: outcome?.status ?? 'interrupted',
    createdAt,
    metadata: {},
    outcome: (outcome ?? null) as unknown as RunState['outcome'], // It was JSON in the file.
    pending: (outcome?.status === 'suspended' ? outcome.pending : []) as unknown as RunState['pending'],
    usage: outcome?.usage ?? null,
    error: null,
  };
}
