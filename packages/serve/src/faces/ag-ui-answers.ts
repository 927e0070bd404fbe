import type { Answer, PendingCall } from '@pawl/core';
import type { Json, ToolMessage } from '@pawl/core/chat';
import type { RunProgress } from '@pawl/core/host';
import { isRecord } from '@pawl/core/model';
import type { RequestContext } from '../context.ts';
import { formatInterruptId, isFrontendCall, parseInterruptId } from '../protocol/ag-ui/ag-ui-outcome.ts';
import type { AgUiRequest, AgUiResume } from '../protocol/ag-ui/read-ag-ui-request.ts';
import { formatCallId, locatePendingCall, parseCallId } from '../protocol/call-id.ts';
import { listToolNames } from '../protocol/chat/completion.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { findPendingResults, hasResults, recordResult } from '../runs/answer-by-message.ts';
import { readKeptRequest } from '../runs/caller-tools.ts';
import { listAnswers } from '../runs/list-answers.ts';
import { listPendingCalls } from '../runs/list-pending-calls.ts';
import type { GivenAnswer } from '../runs/run-control.ts';
import { readThreadOrigin } from './thread-origin.ts';

/** A run that a request has answered. */
export interface AnsweredThread {
  readonly run: RunProgress;
  /** The position of the last event that the client has. */
  readonly known: number;
  /** Whether the same answers were given before: the request is sent again, or comes from another tab. */
  readonly isRepeated: boolean;
  /** The entries of `resume` that name no interrupt of the run. */
  readonly ignored: readonly string[];
}

/**
 * Answers the run that a request continues: its interrupts by `resume`, calls of the client's own tools by tool messages. `undefined` if the request
 * answers nothing. No other call takes a result from a message.
 *
 * @throws HttpProblem 422 `approval.*` unless `resume` answers all open interrupts; 403 if the principal may not answer
 */
export async function answerThread(
  context: RequestContext,
  agent: string,
  sent: AgUiRequest,
): Promise<AnsweredThread | undefined> {
  const results = sent.history.filter((message) => message.role === 'tool');
  const last = sent.history.at(-1)?.role === 'tool' ? results.at(-1) : undefined;
  const asked = [
    ...sent.resume.map(({ interruptId }) => parseInterruptId(interruptId)?.toolCallId),
    last?.tool_call_id,
  ];
  const runId = asked.map((id) => parseCallId(id ?? '')?.runId).find((id) => id !== undefined);
  const run = runId === undefined ? undefined : await findOwnRun(context, { runId, agent, threadId: sent.threadId });
  if (sent.resume.length === 0) return run === undefined ? undefined : answerByResults(context, run, results);
  if (run === undefined) throw createUnknownError(sent.resume);
  return answerByResume(context, run, { sent, results });
}

interface RunQuery {
  readonly runId: string;
  readonly agent: string;
  readonly threadId: string;
}

/** Finds a run of the principal itself, in its thread. Operators answer with the runs API. */
async function findOwnRun(
  { control, principal, owner, runs }: RequestContext,
  { runId, agent, threadId }: RunQuery,
): Promise<RunProgress | undefined> {
  const run = await control.findIfVisible(principal, runId, { hasEvents: true });
  if (run === undefined || run.record.owner !== owner || run.record.agent !== agent) return undefined;
  if (readThreadOrigin(run.record).threadId === threadId) return run;
  return run.record.conversation?.id === runs.getConversationId(principal, threadId) ? run : undefined;
}

async function answerByResults(
  context: RequestContext,
  run: RunProgress,
  results: readonly ToolMessage[],
): Promise<AnsweredThread | undefined> {
  const { runId } = run.record;
  const known = run.events.at(-1)?.position ?? 0;
  const pending = findPendingResults(run, results);
  if (pending.length === 0) {
    const own = results.filter(({ tool_call_id: id }) => parseCallId(id)?.runId === runId && isAnswered(run, id));
    if (own.length === 0 || !hasResults(run, own)) return undefined;
    return {
      run,
      ...findKnownPart(run, new Set(own.map(({ tool_call_id: id }) => id))),
      isRepeated: true,
      ignored: [],
    };
  }
  for (const each of pending) await recordResult(context, { runId, ...each });
  await context.runs.resume(run, { isStreamed: true });
  return { run, known, isRepeated: false, ignored: [] };
}

function isAnswered(run: RunProgress, toolCallId: string): boolean {
  return listAnswers(run).has(toolCallId);
}

async function answerByResume(
  context: RequestContext,
  run: RunProgress,
  { sent, results }: { readonly sent: AgUiRequest; readonly results: readonly ToolMessage[] },
): Promise<AnsweredThread> {
  const { runId } = run.record;
  const open = listOpenInterrupts(run);
  const entries = new Map(sent.resume.map((entry) => [parseInterruptId(entry.interruptId)?.toolCallId, entry]));
  const known = run.events.at(-1)?.position ?? 0;
  const covered = open.filter((pending) => entries.has(toWireId(runId, pending)));
  const ids = new Set(open.map((pending) => toWireId(runId, pending)));
  const others = sent.resume.filter(({ interruptId }) => !ids.has(parseInterruptId(interruptId)?.toolCallId ?? ''));
  if (covered.length === 0) return { run, ...checkRepeated(run, sent.resume), isRepeated: true, ignored: [] };
  const missing = open.filter((pending) => !covered.includes(pending));
  if (missing.length > 0) {
    const listed = missing.map((pending) => formatInterruptId(runId, pending)).join(', ');
    throw createAnswerError('approval.missing', `"resume" must answer all open interrupts. It lacks: ${listed}.`);
  }
  const answers = covered.flatMap((pending): readonly GivenAnswer[] => {
    const entry = entries.get(toWireId(runId, pending));
    return entry === undefined ? [] : [{ pending: pending.id, answer: toAnswer(entry, pending) }];
  });
  for (const each of findPendingResults(run, results)) await recordResult(context, { runId, ...each });
  await context.control.answer(context.principal, run, { answers, isStreamed: true });
  return { run, known, isRepeated: false, ignored: others.map(({ interruptId }) => `resume: ${interruptId}`) };
}

/** Lists the calls that a client answers with `resume`: all but those of its own tools. */
export function listOpenInterrupts(run: RunProgress): readonly PendingCall[] {
  const frontendTools = [...listToolNames(readKeptRequest(run.record.metadata).tools)];
  return listPendingCalls(run).filter((pending) => !isFrontendCall(pending, frontendTools));
}

function toWireId(runId: string, { id }: PendingCall): string {
  return formatCallId(locatePendingCall(runId, id));
}

/** A request that is sent again, or comes from a second tab, gets the same run. @throws HttpProblem 422 */
function checkRepeated(run: RunProgress, resume: readonly AgUiResume[]): { readonly known: number } {
  const answers = listAnswers(run);
  const given = new Set<string>();
  for (const entry of resume) {
    const id = parseInterruptId(entry.interruptId);
    const answer = id === undefined ? undefined : answers.get(id.toolCallId);
    if (id === undefined || answer === undefined) throw createUnknownError([entry]);
    const same = readAnswer(entry, { fingerprint: id.fingerprint });
    if (JSON.stringify(same) !== JSON.stringify(answer)) {
      const problem = `The interrupt "${entry.interruptId}" was answered before, in another way.`;
      throw createAnswerError('approval.used', problem);
    }
    given.add(id.toolCallId);
  }
  return findKnownPart(run, given);
}

/** A client that answers calls has everything up to the first answer. */
function findKnownPart(
  { record: { runId }, events }: RunProgress,
  toolCallIds: ReadonlySet<string>,
): { readonly known: number } {
  const first = events.find(({ path, event }) => {
    return event.type === 'approval.answered' && toolCallIds.has(formatCallId({ runId, path, ...event }));
  });
  const before = first?.position ?? Number.POSITIVE_INFINITY;
  return { known: events.findLast(({ position }) => position < before)?.position ?? 0 };
}

/** @throws HttpProblem 422 if the answer is for another call than the client was shown, or of a type that the call does not accept */
function toAnswer(entry: AgUiResume, { fingerprint, accepts }: PendingCall): Answer {
  const { interruptId } = entry;
  if (parseInterruptId(interruptId)?.fingerprint !== fingerprint) {
    const problem = `The interrupt "${interruptId}" is not the one that is open: the call has changed. Read the thread again.`;
    throw createAnswerError('approval.fingerprint', problem);
  }
  const type = accepts.includes('result') ? 'result' : 'resume';
  const answer = readAnswer(entry, { fingerprint, type });
  const isAlways = answer?.type === 'approve' && answer.always === true;
  if (answer !== undefined && accepts.includes(isAlways ? 'approve_always' : answer.type)) return answer;
  const problem = `The interrupt "${interruptId}" accepts: ${accepts.join(', ')}. Send "payload" as its "responseSchema" says.`;
  throw createAnswerError('approval.type', problem);
}

/** Reads an answer; `undefined` if the payload is none. */
function readAnswer(
  { status, payload }: AgUiResume,
  { fingerprint, type = 'result' }: { readonly fingerprint: string; readonly type?: 'result' | 'resume' },
): Answer | undefined {
  if (status === 'cancelled') return { type: 'deny', fingerprint, reason: 'The user cancelled the question.' };
  if (!isRecord(payload)) return undefined;
  const { approved, editedArgs, reason, always, value } = payload;
  if (approved === false) return { type: 'deny', fingerprint, ...(typeof reason === 'string' && { reason }) };
  if (approved === true) {
    if (editedArgs !== undefined && editedArgs !== null)
      return { type: 'edit', fingerprint, arguments: editedArgs as Json }; // It was parsed from JSON.
    return { type: 'approve', fingerprint, ...(always === true && { always }) };
  }
  return value === undefined ? undefined : { type, fingerprint, value: value as Json }; // It was parsed from JSON.
}

function createUnknownError(resume: readonly AgUiResume[]): HttpProblem {
  const ids = resume.map(({ interruptId }) => JSON.stringify(interruptId.slice(0, 200))).join(', ');
  return createAnswerError('approval.unknown', `The thread has no interrupt ${ids}.`);
}

function createAnswerError(code: string, message: string): HttpProblem {
  return new HttpProblem(message, { status: 422, code, param: 'resume' });
}
