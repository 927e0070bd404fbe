import type { Message } from '@pawl/core/chat';
import type { RunSummary } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { hideToolOutputs } from '../protocol/hide-tool-outputs.ts';
import { createJsonResponse } from '../protocol/json-response.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { describeSummary } from '../protocol/runs/describe-run.ts';
import { readBranchNumber } from '../protocol/runs/read-run-query.ts';
import { findNewestBranch, readBranch } from '../runs/find-newest-branch.ts';
import { findOpen } from '../runs/run-control.ts';
import { listChatRuns, readUiMessages } from './ui-chat.ts';

/**
 * Answers `GET /v1/conversations/{id}`: the messages, the open run and its pending calls, for a page that is loaded again.
 *
 * - Of a conversation with branches the one that was used last, or `?branch=2`.
 * - With `?format=ui` the messages are those of `useChat`, which has no branches: an edit replaces what it edits. A new chat has none.
 */
export async function handleConversation(context: RequestContext): Promise<Response> {
  const { principal, runs: registry, control, segments, query, settings } = context;
  const id = segments[2] ?? '';
  if (query.get('format') === 'ui') {
    const runs = await listChatRuns(context, id);
    return createJsonResponse({ id, messages: await readUiMessages(context, id, runs), ...describeOpenRun(runs) });
  }
  const asked = { registry, control, principal, conversation: id };
  const number = readBranchNumber(query);
  const found = number === undefined ? await findNewestBranch(asked) : await readBranch(asked, number);
  if (found === undefined) {
    const which = number === undefined || number === 0 ? '' : ` with a branch ${number}`;
    throw new HttpProblem(`There is no conversation ${JSON.stringify(id.slice(0, 200))}${which}.`, {
      status: 404,
      code: 'conversation.unknown',
    });
  }
  const { branch, runs } = found;
  const shown = hideToolOutputs(found.messages, settings.toolOutput);
  const messages = settings.details ? shown : shown.map(toPublicMessage);
  return createJsonResponse({ id, branch, messages, ...describeOpenRun(runs) });
}

/** Leaves out what Pawl keeps on a message for the model's server, such as encrypted reasoning. */
function toPublicMessage(message: Message): Message {
  if (message.role !== 'assistant') return message;
  const { pawl_kept: _, ...shown } = message;
  return shown;
}

function describeOpenRun(runs: readonly RunSummary[]): object {
  const open = findOpen(runs);
  const pending = open?.outcome?.status === 'suspended' ? open.outcome.pending : [];
  return { run: open === undefined ? null : describeSummary(open), pending };
}
