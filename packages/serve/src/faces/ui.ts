import type { Answer, PendingCall } from '@pawl/core';
import { hasEnded, type RunProgress, type RunRecord, type RunSummary } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { formatCallId, locatePendingCall, parseCallId } from '../protocol/call-id.ts';
import { toProblem } from '../protocol/outcome-problem.ts';
import { createInvalidError, HttpProblem } from '../protocol/problem.ts';
import { createUiState, encodeUiEvent, type UiChange } from '../protocol/ui/encode-ui.ts';
import { readUiRequest, type UiAnswer, type UiRequest } from '../protocol/ui/read-ui-request.ts';
import type { UiChunk } from '../protocol/ui/ui-chunk.ts';
import { formatUiChunks, UI_DONE, UI_HEADERS } from '../protocol/ui/ui-message-stream.ts';
import type { ServedAgent } from '../runs/agent-directory.ts';
import { listAnswers } from '../runs/list-answers.ts';
import { listPendingCalls } from '../runs/list-pending-calls.ts';
import type { GivenAnswer } from '../runs/run-control.ts';
import type { ReadEvent } from '../runs/run-reader.ts';
import { openStream } from './open-stream.ts';
import { readTraceparent } from './read-traceparent.ts';
import { findOpenRun, listChatRuns, truncateChat } from './ui-chat.ts';

/**
 * The UI message stream of the AI SDK, as `useChat` uses it: POST `{ui}`, GET and DELETE `{ui}/{chat}/stream`.
 *
 * @throws HttpProblem
 */
export function handleUi(context: RequestContext): Promise<Response> {
  const { method } = context.request;
  if (method === 'POST') return sendToChat(context);
  const chat = context.segments.at(-2) ?? '';
  return method === 'DELETE' ? stopChat(context, chat) : resumeChat(context, chat);
}

/**
 * POST of `useChat`: sends a message, edits one, generates the answer again, or answers pending calls. Streams what the page does not have yet.
 *
 * @throws HttpProblem
 */
async function sendToChat(context: RequestContext): Promise<Response> {
  const { settings, readBody, agents } = context;
  const { json } = await readBody();
  const { maxMessages, mediaUrls } = settings;
  const callerInstructions = settings.callerInstructions === 'reject' ? 'reject' : 'ignore';
  const sent = readUiRequest(json, { maxMessages, mediaUrls, callerInstructions });
  const served = chooseAgent(context, json);
  if (served === undefined) {
    const names = agents.list().map(({ agent }) => agent.name);
    throw new HttpProblem(`There is no such agent. Send one of: ${names.join(', ')}.`, {
      status: 404,
      code: 'model_not_found',
      param: 'agent',
    });
  }
  const open = sent.hasNewMessage ? await findOpenRun(context, sent.chatId) : undefined;
  const answered = await answerCalls(context, sent, open);
  if (sent.hasNewMessage) {
    // An answer has changed what the run does.
    const next = answered === undefined ? open : await findOpenRun(context, sent.chatId);
    return sendMessage(context, served, { sent, open: next });
  }
  if (answered === undefined) {
    throw createInvalidError(
      'The last message is not the user’s, and answers no pending call. Send a message.',
      'messages',
    );
  }
  return streamChat(context, answered.record, skipKnown(answered));
}

/** GET of `useChat` when a page is loaded: streams the open run from its beginning; 204 if there is none. */
async function resumeChat(context: RequestContext, chat: string): Promise<Response> {
  const [newest] = await listChatRuns(context, chat, 1);
  if (newest === undefined) return new Response(null, { status: 204 });
  const { runId, status, updatedAt } = newest;
  const { clock } = context.settings;
  // The page may have read its messages right before the run ended.
  const isMissed = status !== 'aborted' && clock.now() - updatedAt <= JUST_ENDED_MS;
  if (hasEnded(status) && !isMissed) return new Response(null, { status: 204 });
  const run = await context.control.find(context.principal, runId);
  if (run.status === 'interrupted') await context.runs.resume(run, { isStreamed: true });
  return streamChat(context, run.record, passAll);
}

const JUST_ENDED_MS = 10_000;

/** DELETE: cancels the open run. A page that only stops reading does not. */
async function stopChat(context: RequestContext, chat: string): Promise<Response> {
  const open = await findOpenRun(context, chat);
  if (open !== undefined) {
    const { control, principal } = context;
    context.setRun(open.runId);
    await control.cancel(await control.find(principal, open.runId));
  }
  return new Response(null, { status: 204 });
}

/** The page may name the agent: `new DefaultChatTransport({ body: { agent: 'support' } })`. */
function chooseAgent({ agents }: RequestContext, body: unknown): ServedAgent | undefined {
  const name = typeof body === 'object' && body !== null && 'agent' in body ? body.agent : undefined;
  if (name === undefined) return agents.list()[0];
  return typeof name === 'string' ? agents.find(name) : undefined;
}

interface NewMessage {
  readonly sent: UiRequest;
  readonly open: RunSummary | undefined;
}

async function sendMessage(
  context: RequestContext,
  served: ServedAgent,
  { sent, open }: NewMessage,
): Promise<Response> {
  const { runs, control, principal } = context;
  const message = sent.messages.at(-1);
  if (message === undefined) throw createInvalidError('messages has no message of the user.', 'messages');
  const run = open === undefined ? undefined : await control.findWithEvents(principal, open.runId);
  if (sent.isRewrite) {
    if (run !== undefined) {
      await control.cancel(run);
      await runs.waitForOutcome(run.record.runId, context.request.signal);
    }
    await truncateChat(context, sent.chatId, sent.messages.length - 1);
  }
  const own = run === undefined ? undefined : context.agents.find(run.record.agent);
  const { runId } = await runs.continueConversation(own ?? served, {
    principal,
    message,
    conversation: sent.chatId,
    isStreamed: true,
    ...readTraceparent(context.request),
  });
  const isInterruption = !sent.isRewrite && open?.status === 'suspended' && open.runId === runId;
  const known = isInterruption ? (run?.events.at(-1)?.position ?? 0) : undefined;
  const { record } = await control.find(principal, runId);
  return streamChat(context, record, known === undefined ? passAll : skipInterrupted(known));
}

/** A run whose calls were answered. */
interface AnsweredRun {
  readonly record: RunRecord;
  /** The position of the last event before the answers. */
  readonly known: number;
  /** The position of the first call that asked. The page may have lost the results of other calls after it. */
  readonly asked: number;
}

/**
 * Answers the calls that the page has answers to. A call that has the same answer already is left as it is: another tab has answered it.
 *
 * @returns the run, if a call of it was answered
 * @throws HttpProblem 422 if the answer is for another call than the page shows, or the call has another answer
 */
async function answerCalls(
  context: RequestContext,
  { answers, chatId, hasNewMessage }: UiRequest,
  openRun: RunSummary | undefined,
): Promise<AnsweredRun | undefined> {
  const runId = findRunId(answers);
  if (runId === undefined) return undefined;
  const { runs, control, principal } = context;
  // Results in the newest message of the model are mostly of a run that has ended, and may be deleted.
  if (hasNewMessage && openRun?.runId !== runId) return undefined;
  const progress = await control.findWithEvents(principal, runId);
  if (progress.record.conversation?.id !== runs.getConversationId(principal, chatId)) {
    throw new HttpProblem(`Run "${runId}" is not of this chat.`, {
      status: 422,
      code: 'approval.unknown',
      param: 'messages',
    });
  }
  const pending = new Map(
    listPendingCalls(progress).map((call) => [formatCallId(locatePendingCall(runId, call.id)), call]),
  );
  const open = answers.flatMap((answer) => {
    const call = pending.get(answer.toolCallId);
    return call === undefined ? [] : toAnswer(answer, call);
  });
  if (open.length > 0) await control.answer(principal, progress, { answers: open, isStreamed: true });
  else if (!hasNewMessage) checkAnswered(answers, progress);
  return { record: progress.record, ...findKnownPart(answers, progress) };
}

/** A page that answers a call has everything up to the first answer of the calls, and up to now if none has one. */
function findKnownPart(
  answers: readonly UiAnswer[],
  { record: { runId }, events }: RunProgress,
): Omit<AnsweredRun, 'record'> {
  const ids = new Set(answers.map(({ toolCallId }) => toolCallId));
  const own = events.filter(({ path, event }) => 'index' in event && ids.has(formatCallId({ runId, path, ...event })));
  const asked = own.find(({ event }) => event.type === 'approval.requested')?.position ?? 0;
  const answered = own.find(({ event }) => event.type === 'approval.answered')?.position ?? Number.POSITIVE_INFINITY;
  const known = events.findLast(({ position }) => position < answered)?.position ?? 0;
  return { known, asked };
}

/** The answers of one message are for the calls of one run. */
function findRunId(answers: readonly UiAnswer[]): string | undefined {
  return answers.map(({ toolCallId }) => parseCallId(toolCallId)?.runId).find((runId) => runId !== undefined);
}

function toAnswer(given: UiAnswer, { id, reason, accepts, fingerprint: own }: PendingCall): readonly GivenAnswer[] {
  if (given.type === 'result' || given.type === 'error') {
    // The page executes this tool. No other call takes a result from a page.
    if (reason !== 'external_result') return [];
    const answer: Answer =
      given.type === 'result'
        ? { type: 'result', fingerprint: own, value: given.value }
        : { type: 'deny', fingerprint: own, reason: given.reason };
    return [{ pending: id, answer }];
  }
  const { signature: fingerprint } = given;
  if (fingerprint === undefined) {
    throw new HttpProblem(
      'An approval has no signature, so it may be for another call than the page shows. Update the package "ai" of the page.',
      {
        status: 422,
        code: 'approval.fingerprint',
        param: 'messages',
      },
    );
  }
  if (given.type === 'deny') {
    return [
      {
        pending: id,
        answer: { type: 'deny', fingerprint, ...(given.reason !== undefined && { reason: given.reason }) },
      },
    ];
  }
  if (!accepts.includes('approve')) {
    throw new HttpProblem(
      `The call "${id}" takes no approval, but: ${accepts.join(', ')}. Answer it with POST /v1/runs/{id}/answers.`,
      {
        status: 422,
        code: 'approval.type',
        param: 'messages',
      },
    );
  }
  return [{ pending: id, answer: { type: 'approve', fingerprint } }];
}

/** @throws HttpProblem 422 if a call has another answer than the page gives */
function checkAnswered(answers: readonly UiAnswer[], run: RunProgress): void {
  const recorded = listAnswers(run);
  const differs = answers.find(({ type, toolCallId }) => {
    const known = recorded.get(toolCallId)?.type;
    return (type === 'approve' || type === 'deny') && (known === 'deny') !== (type === 'deny');
  });
  if (differs === undefined) return;
  throw new HttpProblem('The call was answered in another way, or waits no longer. Reload the page.', {
    status: 422,
    code: 'approval.answered',
    param: 'messages',
  });
}

/** Selects the chunks of an event that the page needs. */
type ChunkFilter = (change: UiChange, read: ReadEvent) => readonly UiChunk[];

const passAll: ChunkFilter = ({ chunks }) => chunks;

/** Leaves out what the page has: everything before the answers, but for results that may have come after it lost the stream. */
function skipKnown({ known, asked }: AnsweredRun): ChunkFilter {
  return ({ chunks }, { event: { position } }) => {
    if (position === undefined || position > known) return chunks;
    const mayBeLost = position > asked;
    return chunks.filter(({ type }) => type === 'start' || (mayBeLost && type.startsWith('tool-output-')));
  };
}

/**
 * Leaves out the message that the user interrupted: the page has it, above that of the user. If the run had gone on meanwhile, the message is part
 * of it, and the page gets the whole one.
 */
function skipInterrupted(known: number): ChunkFilter {
  let held: UiChunk[] | undefined = [];
  let isNext = false;
  return ({ chunks }, { event }) => {
    if (isNext) {
      const start = chunks.findIndex(({ type }) => NEXT.has(type));
      if (start === -1) return [];
      isNext = false;
      return chunks.slice(start);
    }
    if (held === undefined) return chunks;
    held.push(...chunks);
    const isNew = event.position === undefined || event.position > known;
    if (!isNew) return [];
    if (event.type === 'user.interrupted' && event.path === '') {
      isNext = true;
      held = undefined;
      return [];
    }
    if (!chunks.some(({ type }) => type === 'start-step' || type === 'finish' || type === 'steering-message'))
      return [];
    const whole = held;
    held = undefined;
    return whole;
  };
}

/** What follows an interruption: the next message, or an end without one. */
const NEXT: ReadonlySet<UiChunk['type']> = new Set(['start', 'finish', 'error', 'abort'] as const);

function streamChat(context: RequestContext, { runId, agent }: RunRecord, filter: ChunkFilter): Response {
  const { settings, agents } = context;
  const { sdk, toolOutput } = settings;
  return openStream(context, { runId }, () => {
    let state = createUiState({ sdk, text: agents.hasTextGuard(agent) ? 'whole' : 'live', toolOutput });
    return {
      headers: UI_HEADERS,
      encode: (read) => {
        const change = encodeUiEvent(state, read.event);
        state = change.state;
        return formatUiChunks(filter(change, read));
      },
      end: () => UI_DONE,
      fail: (error) => `${formatUiChunks([{ type: 'error', errorText: toProblem(error).message }])}${UI_DONE}`,
    };
  });
}
