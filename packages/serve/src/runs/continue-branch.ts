import type { ServedAgent } from './agent-directory.ts';
import type { Branch } from './find-branch.ts';
import type { RunRegistry } from './run-registry.ts';
import type { RunStart, StartedRun } from './run-start.ts';

export interface BranchStart {
  /** Its input are the messages that the branch does not have. */
  readonly start: RunStart & { readonly conversation: string };
  readonly open: Branch['open'];
}

/** Begins a run with the new messages of a branch, or sends them to its open run, in order. A branch with an open run gets no second one. */
export async function continueBranch(
  registry: RunRegistry,
  served: ServedAgent,
  { start, open }: BranchStart,
): Promise<StartedRun> {
  const { input, runId, ...rest } = start;
  const messages = input.filter((message) => message.role === 'user');
  const last = messages.at(-1);
  if (last === undefined || (messages.length > 1 && open === undefined)) return registry.start(served, start);
  // The request names one run: that of its last message.
  for (const message of messages.slice(0, -1)) await registry.continueConversation(served, { ...rest, message });
  return registry.continueConversation(served, {
    ...rest,
    message: last,
    ...(runId !== undefined && { runId }),
  });
}
