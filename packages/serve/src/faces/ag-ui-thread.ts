import { createEventReader, type RunProgress } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import type { AgUiMessage, AgUiUserMessage } from '../protocol/ag-ui/ag-ui-event.ts';
import { createAgUiState } from '../protocol/ag-ui/ag-ui-state.ts';
import { listRunMessages, skipAgUiEvent } from '../protocol/ag-ui/encode-ag-ui.ts';
import type { AgUiRequest } from '../protocol/ag-ui/read-ag-ui-request.ts';
import { toUserContent } from '../protocol/ag-ui/thread-messages.ts';
import { toAgUiMessages } from '../protocol/ag-ui/to-ag-ui-messages.ts';
import { hideToolOutputs } from '../protocol/hide-tool-outputs.ts';
import { createFinishedEvent } from '../runs/create-finished-event.ts';
import { getMessagesBefore, listInput } from '../runs/list-written-messages.ts';
import { readThreadOrigin } from './thread-origin.ts';
import { findShownRuns } from './ui-chat.ts';

/** The messages of a thread around a run. */
export interface ThreadMessages {
  readonly messages: readonly AgUiMessage[];
  /** Messages that the client sent to the run while it worked or waited. */
  readonly laterMessages: readonly AgUiUserMessage[];
}

/** Returns the messages before a run: as the client has them if it has those that began the run, otherwise as the store has them. */
export async function readThread(
  context: RequestContext,
  sent: Pick<AgUiRequest, 'threadId' | 'messages'>,
  run: RunProgress,
): Promise<ThreadMessages> {
  const { runId } = run.record;
  const own = new Set(readThreadOrigin(run.record).messageIds);
  const last = sent.messages.findLastIndex(({ id }) => own.has(id));
  const at = last === -1 ? sent.messages.findIndex(({ id }) => id.startsWith(`${runId}.`)) : last + 1;
  if (at <= 0) return { messages: await readStoredThread(context, run), laterMessages: [] };
  return {
    messages: sent.messages.slice(0, at),
    laterMessages: sent.messages.slice(at).filter((message) => message.role === 'user'),
  };
}

/** Reads the thread up to a run: what its earlier runs show, and the messages that began it. */
async function readStoredThread(context: RequestContext, run: RunProgress): Promise<readonly AgUiMessage[]> {
  const { control, settings } = context;
  const { conversation, runId } = run.record;
  if (conversation === undefined) return listRunInput(run);
  const filter = { conversation: conversation.id, order: 'desc', limit: MAX_RUNS } as const;
  const shown = await findShownRuns(context, await control.listOwned(context.principal, filter));
  const [first] = shown;
  const before = first === undefined ? [] : getMessagesBefore(first);
  const messages = toAgUiMessages(hideToolOutputs(before, settings.toolOutput));
  for (const each of shown) {
    messages.push(...listRunInput(each));
    if (each.record.runId === runId) break;
    messages.push(...showRun(each, settings.toolOutput));
  }
  return messages;
}

/** That many runs are shown. Earlier ones are shown as the conversation has them. */
const MAX_RUNS = 100;

/** Lists the messages that began a run, with the ids of the client that sent them. */
function listRunInput(run: RunProgress): readonly AgUiMessage[] {
  const { record } = run;
  const ids = readThreadOrigin(record).messageIds;
  const users = listInput(run);
  return users.map((message, at) => {
    return {
      id: ids.at(at - users.length) ?? `${record.runId}.input.${at}`,
      role: 'user',
      content: toUserContent(message),
    };
  });
}

function showRun({ record, events, outcome }: RunProgress, toolOutput: 'full' | 'status'): readonly AgUiMessage[] {
  const complete = createEventReader(record);
  let state = createAgUiState({ threadId: '', runId: record.runId, toolOutput });
  for (const each of events) state = skipAgUiEvent(state, complete(each));
  if (outcome !== undefined) state = skipAgUiEvent(state, createFinishedEvent(record, outcome));
  return listRunMessages(state);
}
