import type { Message, UserMessage } from '@pawl/core/chat';
import {
  type ConversationStore,
  createEventReader,
  hasEnded,
  type RunProgress,
  type RunSummary,
} from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { hideToolOutputs } from '../protocol/hide-tool-outputs.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { createUiState, encodeUiEvent, type UiEncoderOptions } from '../protocol/ui/encode-ui.ts';
import { applyUiChunk } from '../protocol/ui/fold-chunks.ts';
import { toUiMessages } from '../protocol/ui/to-ui-messages.ts';
import { toUserParts } from '../protocol/ui/to-user-parts.ts';
import type { UiAssistantMessage, UiMessage } from '../protocol/ui/ui-message.ts';
import { createFinishedEvent } from '../runs/create-finished-event.ts';
import { getMessagesBefore, listInput, listWrittenMessages } from '../runs/list-written-messages.ts';

/** A run of a chat with its events. */
export type ChatRun = RunProgress & {
  readonly record: { readonly conversation: NonNullable<RunProgress['record']['conversation']> };
};

type ChatContext = Pick<RequestContext, 'runs' | 'control' | 'principal' | 'settings'>;

/** Lists the runs of a chat, the newest first. */
export function listChatRuns(
  { runs, control, principal }: ChatContext,
  chat: string,
  limit: number = MAX_RUNS,
): Promise<readonly RunSummary[]> {
  const { id: conversation } = runs.getConversation(principal, chat);
  return control.listOwned(principal, { conversation, order: 'desc', limit });
}

/** Finds the run of a chat that is at work, interrupted or suspended. */
export function findOpenRun({ runs, control, principal }: ChatContext, chat: string): Promise<RunSummary | undefined> {
  return control.findOpenRun(principal, runs.getConversation(principal, chat).id);
}

/**
 * Reads the messages of a chat for a page: those of its runs as their streams show them, after those that were stored without a run.
 *
 * @param newest - the runs that `listChatRuns` lists
 * @throws HttpProblem 404 without a store
 */
export async function readUiMessages(
  context: ChatContext,
  chat: string,
  newest: readonly RunSummary[],
): Promise<readonly UiMessage[]> {
  const { sdk, toolOutput } = context.settings;
  const { base, shown } = await readShownChat(context, chat, newest);
  return [
    ...toUiMessages(hideToolOutputs(base, toolOutput)),
    ...shown.flatMap((run) => toRunMessages(run, { sdk, toolOutput })),
  ];
}

interface ShownChat {
  /** The messages that were stored without a run that is shown. */
  readonly base: readonly Message[];
  readonly shown: readonly ChatRun[];
}

async function readShownChat(context: ChatContext, chat: string, newest: readonly RunSummary[]): Promise<ShownChat> {
  const { runs, principal } = context;
  const shown = await findShownRuns(context, newest);
  const [first] = shown;
  const base = first === undefined ? runs.getConversation(principal, chat).getMessages() : getMessagesBefore(first);
  return { base: await base, shown };
}

/**
 * Finds the runs of a chat without those that an edit or a `regenerate` has replaced. Such a run began in a later version of the conversation, with
 * fewer messages than the conversation had after the run that it replaces.
 */
export async function findShownRuns(
  { control, principal }: ChatContext,
  newest: readonly RunSummary[],
): Promise<readonly ChatRun[]> {
  const found = await Promise.all(newest.map(({ runId }) => control.findWithEvents(principal, runId)));
  const shown: ChatRun[] = [];
  for (const run of found.reverse()) {
    if (!isChatRun(run)) continue;
    for (let last = shown.at(-1); last !== undefined && isReplaced(last, run); last = shown.at(-1)) shown.pop();
    shown.push(run);
  }
  return shown;
}

/** A page shows that many runs. Earlier ones are shown as the conversation has them. */
const MAX_RUNS = 100;

function isChatRun(run: RunProgress): run is ChatRun {
  return run.record.conversation !== undefined;
}

function isReplaced(before: ChatRun, { record: { conversation } }: ChatRun): boolean {
  const { kept, version } = before.record.conversation;
  if (conversation.version <= version || conversation.kept > kept) return false;
  return conversation.kept < countMessagesAfter(before);
}

/** Counts the messages that the conversation had after a run. What a guard refused is not stored. */
function countMessagesAfter({ record, outcome }: ChatRun): number {
  if (outcome === undefined || (outcome.status === 'refused' && outcome.guard !== undefined))
    return record.conversation.kept;
  return outcome.messages.length;
}

/** Returns the messages of a run: the user's, and one of the model for each time that the user wrote while calls were pending. */
function toRunMessages(run: ChatRun, options: UiEncoderOptions): readonly UiMessage[] {
  const { record, events, outcome } = run;
  const { runId } = record;
  const shown: UiMessage[] = listInput(run).map((message, at) => toUserMessage(message, `${runId}.input.${at}`));
  const complete = createEventReader(record);
  let state = createUiState(options);
  let message: UiAssistantMessage | undefined;
  const interruptions: UserMessage[] = [];
  const apply = (event: Parameters<typeof encodeUiEvent>[1]): void => {
    if (event.type === 'user.interrupted' && event.path === '') interruptions.push(event.message);
    const change = encodeUiEvent(state, event);
    state = change.state;
    for (const chunk of change.chunks) {
      if (chunk.type === 'start' && message !== undefined) {
        shown.push(message, ...interruptions.map((each, at) => toUserMessage(each, `${chunk.messageId}.input.${at}`)));
        interruptions.length = 0;
      }
      message = applyUiChunk(message, chunk);
    }
  };
  for (const each of events) apply(complete(each));
  if (outcome !== undefined) apply(createFinishedEvent(record, outcome));
  return [
    ...shown,
    ...(message === undefined || (hasEnded(run.status) && isEmpty(message)) ? [] : [message]),
    ...interruptions.map((each, at) => toUserMessage(each, `${runId}.open.${at}`)),
  ];
}

/** A run that was stopped, or has failed, may have nothing to show. */
function isEmpty({ parts }: UiAssistantMessage): boolean {
  return parts.every(({ type }) => type === 'step-start');
}

function toUserMessage(message: UserMessage, id: string): UiMessage {
  return { id, role: 'user', parts: toUserParts(message) };
}

/**
 * Takes the conversation back to before one of the user's messages, as if it and everything after it had not been written. Runs stay as they are.
 *
 * @param index - the place among the user's messages
 * @throws HttpProblem 422 if the conversation does not have that many messages
 */
export async function truncateChat(context: ChatContext, chat: string, index: number): Promise<void> {
  const { runs, principal, settings } = context;
  const { conversations: store } = settings;
  const before = await findMessagesBefore(context, chat, index);
  if (before !== undefined && store !== undefined)
    await replaceMessages(store, runs.getConversationId(principal, chat), before);
}

/** `undefined`: the message is the next one, so there is nothing to take back. */
async function findMessagesBefore(
  context: ChatContext,
  chat: string,
  index: number,
): Promise<readonly Message[] | undefined> {
  const { base, shown } = await readShownChat(context, chat, await listChatRuns(context, chat));
  const own = base.flatMap(({ role }, at) => (role === 'user' ? [at] : []));
  const inBase = own[index];
  if (inBase !== undefined) return base.slice(0, inBase);
  let rest = index - own.length;
  for (const run of shown) {
    const written = listWrittenMessages(run);
    if (rest < written.length) return getMessagesBeforeOwn(run, written, rest);
    rest -= written.length;
  }
  if (rest === 0) return undefined;
  throw new HttpProblem('The conversation has fewer messages than the page. Reload the page, then edit the message.', {
    status: 422,
    code: 'conversation.changed',
    param: 'messages',
  });
}

function getMessagesBeforeOwn(run: ChatRun, written: readonly UserMessage[], index: number): readonly Message[] {
  const before = getMessagesBefore(run);
  if (index === 0) return before;
  const wanted = JSON.stringify(written[index]);
  const messages = run.outcome?.messages ?? [];
  const at = messages.findLastIndex((message, place) => place >= before.length && JSON.stringify(message) === wanted);
  return at === -1 ? before : messages.slice(0, at);
}

async function replaceMessages(store: ConversationStore, id: string, messages: readonly Message[]): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { version, messages: stored } = (await store.load(id)) ?? { version: 0, messages: [] };
    const differs = stored.findIndex((message, at) => JSON.stringify(message) !== JSON.stringify(messages[at]));
    const keep = differs === -1 ? stored.length : differs;
    if (keep === messages.length && keep === stored.length) return;
    if (await store.save(id, { version, keep, messages: messages.slice(keep) })) return;
  }
  throw new HttpProblem('Others write to the conversation. Try again.', { status: 503, code: 'conversation.busy' });
}

const MAX_TRIES = 10;
