import type { Message, UserMessage } from '@pawl/core/chat';
import type { Principal } from '../access/principal.ts';
import { createInvalidError, HttpProblem } from '../protocol/problem.ts';
import { getMessagesBefore, listWrittenMessages } from './list-written-messages.ts';
import type { RunControl } from './run-control.ts';
import type { RunRegistry } from './run-registry.ts';

export interface BranchQuery {
  readonly registry: RunRegistry;
  readonly control: RunControl;
  readonly principal: Principal;
  /** The id of the conversation, as the caller names it. */
  readonly conversation: string;
  /** The whole history of the caller. */
  readonly messages: readonly Message[];
}

/** Where a history of a caller continues a stored conversation. */
export interface Branch {
  /** The number of the branch, 0 for the first. */
  readonly branch: number;
  /** The messages of the user that the branch does not have. */
  readonly added: readonly UserMessage[];
  /** The open run of the branch, with the turn that it is in. */
  readonly open: { readonly runId: string; readonly turn: number } | undefined;
}

/**
 * Finds the branch of a stored conversation that a history continues. Only the user's messages are compared: user interfaces rewrite the text of
 * assistants.
 *
 * - If a branch has the first of them, the others are added to it.
 * - If a message was edited, left out or is to be answered again, a new branch begins before it. Both stay.
 *
 * @throws HttpProblem 400 without a message of a user, 422 `conversation.branches` for too many branches
 */
export async function findBranch(query: BranchQuery): Promise<Branch> {
  const { registry, principal, conversation, messages } = query;
  const asked = messages.filter((message) => message.role === 'user');
  if (asked.length === 0) {
    throw createInvalidError('"messages" has no message of a user.', 'messages');
  }
  let best: CommonPart = { kept: [], equalCount: 0 };
  for (let branch = 0; branch < MAX_BRANCHES; branch++) {
    const { messages: known, open } = await readMessages(query, branch);
    if (known.length === 0) {
      if (best.kept.length > 0) await registry.getConversation(principal, conversation, branch).append(best.kept);
      return { branch, added: asked.slice(best.equalCount), open };
    }
    const equalCount = countEqual(known, asked);
    if (equalCount === countUsers(known) && equalCount < asked.length)
      return { branch, added: asked.slice(equalCount), open };
    // The branch has a message that is not equal, or all of them: then the last one is to be answered again.
    const common = Math.min(equalCount, asked.length - 1);
    if (common > best.equalCount) best = { kept: takeUsers(known, common), equalCount: common };
  }
  throw new HttpProblem(`The conversation has ${MAX_BRANCHES} branches already. Begin another one.`, {
    status: 422,
    code: 'conversation.branches',
  });
}

/** How many branches a conversation may have. */
export const MAX_BRANCHES = 100;

/** The beginning of a stored branch that equals the history. */
interface CommonPart {
  readonly kept: readonly Message[];
  /** How many messages of the user it has. */
  readonly equalCount: number;
}

function countUsers(messages: readonly Message[]): number {
  return messages.filter(({ role }) => role === 'user').length;
}

function countEqual(stored: readonly Message[], asked: readonly UserMessage[]): number {
  const users = stored.filter((message) => message.role === 'user');
  const different = users.findIndex(({ content }, index) => toText(content) !== toText(asked[index]?.content));
  return different === -1 ? users.length : different;
}

/** A text and one text part are the same message: clients send either. */
function toText(content: UserMessage['content'] | undefined): string | undefined {
  if (content === undefined || typeof content === 'string') return content;
  const [part, ...more] = content;
  return part?.type === 'text' && more.length === 0 ? part.text : JSON.stringify(content);
}

/** Takes the messages before the user's message of that number, from 0. */
function takeUsers(messages: readonly Message[], count: number): readonly Message[] {
  let users = 0;
  const end = messages.findIndex(({ role }) => role === 'user' && users++ === count);
  return end === -1 ? messages : messages.slice(0, end);
}

interface BranchMessages extends Pick<Branch, 'open'> {
  readonly messages: readonly Message[];
}

/** Reads the messages of a branch. Those of its open run are not all stored before it ends. */
async function readMessages(query: BranchQuery, branch: number): Promise<BranchMessages> {
  const { registry, control, principal, conversation } = query;
  const stored = registry.getConversation(principal, conversation, branch);
  const open = await control.findOpenRun(principal, stored.id); // First: a run that ends after this has stored its messages, or is read below.
  if (open === undefined) return { messages: await stored.getMessages(), open };
  const run = await control.findWithEvents(principal, open.runId);
  const turn = run.events.reduce(
    (last, { path, event }) => (path === '' && 'turn' in event ? Math.max(last, event.turn) : last),
    0,
  );
  return {
    messages: [...getMessagesBefore(run), ...listWrittenMessages(run)],
    open: { runId: open.runId, turn },
  };
}
