import type { RunState } from '@pawl/serve';
import { type Signal, signal } from '@preact/signals';
import { type DumpedRun, readDump } from '../view/read-dump.ts';
import type { RunSource } from './run-follower.ts';
import { toMessage } from './server.ts';
import { actionResult } from './state.ts';

/** The runs of files that were opened in the page. They are in its memory only. */
export const dumpedRuns: Signal<ReadonlyMap<string, RunSource>> = signal(new Map());

/** Opens an exported file. */
export async function openDump(file: File): Promise<readonly string[]> {
  try {
    const runs = readDump(await file.text());
    const sources = [...runs].map(([runId, run]) => [runId, createSource(runId, run)] as const);
    dumpedRuns.value = new Map([...dumpedRuns.value, ...sources]);
    actionResult.value = { kind: 'done', text: `Opened ${file.name}. Its runs are in the memory of this page.` };
    return [...runs.keys()];
  } catch (error) {
    actionResult.value = { kind: 'failed', text: `${file.name} cannot be opened. ${toMessage(error)}` };
    return [];
  }
}

function createSource(runId: string, run: DumpedRun): RunSource {
  return {
    runId,
    events: signal(run.events),
    state: signal(describeRun(runId, run)),
    budget: signal(undefined),
    problem: signal(undefined),
    isLoaded: signal(true),
    close: () => undefined,
  };
}

/** What the server would say of the run. A dump that does not say how its run ended is one of an interrupted run. */
function describeRun(runId: string, { state = {}, events }: DumpedRun): RunState {
  const end = events.findLast((event) => event.type === 'run.finished' && event.path === '');
  const outcome = state.outcome ?? (end?.type === 'run.finished' ? end.outcome : null);
  const { status, usage, pending } = (outcome ?? {}) as Partial<Pick<RunState, 'status' | 'usage' | 'pending'>>;
  return {
    id: runId,
    agent: state.agent ?? events[0]?.agent ?? '',
    status: status ?? state.status ?? 'interrupted',
    createdAt: state.startedAt ?? events[0]?.at ?? 0,
    metadata: state.metadata ?? {},
    outcome: outcome as unknown as RunState['outcome'], // It was JSON in the file.
    pending: pending ?? [],
    usage: state.usage ?? usage ?? null,
    error: null,
  };
}
