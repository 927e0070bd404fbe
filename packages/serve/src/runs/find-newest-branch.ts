import type { Message } from '@pawl/core/chat';
import type { RunSummary } from '@pawl/core/host';
import { type BranchQuery, MAX_BRANCHES } from './find-branch.ts';

/** A branch of a stored conversation. */
export interface StoredBranch {
  readonly branch: number;
  readonly messages: readonly Message[];
  /** Its newest runs, the last one first. */
  readonly runs: readonly RunSummary[];
}

type ConversationQuery = Omit<BranchQuery, 'messages'>;

/** Finds the branch of a conversation that was used last; `undefined` if there is no such conversation. */
export async function findNewestBranch(query: ConversationQuery): Promise<StoredBranch | undefined> {
  let newest: StoredBranch | undefined;
  for (let branch = 0; branch < MAX_BRANCHES; branch++) {
    const found = await readBranch(query, branch);
    if (found === undefined) break;
    if (newest === undefined || findTime(found) >= findTime(newest)) newest = found;
  }
  return newest;
}

/** Reads a branch; `undefined` if there is none of that number. */
export async function readBranch(
  { registry, control, principal, conversation }: ConversationQuery,
  branch: number,
): Promise<StoredBranch | undefined> {
  const stored = registry.getConversation(principal, conversation, branch);
  const [messages, runs] = await Promise.all([
    stored.getMessages(),
    control.listOwned(principal, { conversation: stored.id, order: 'desc', limit: 10 }),
  ]);
  return messages.length === 0 && runs.length === 0 ? undefined : { branch, messages, runs };
}

function findTime({ runs }: StoredBranch): number {
  return Math.max(0, ...runs.map(({ updatedAt }) => updatedAt));
}
