import type { Answer } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import type { RunProgress } from '@pawl/core/host';
import type { ApprovalResponse } from '@pawl/responses/wire';
import { formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import { formatCallId, locatePendingCall, parseCallId } from '../protocol/call-id.ts';
import { createInvalidError, createUnknownRunError, HttpProblem } from '../protocol/problem.ts';
import { type ApprovalPlace, parseApprovalId, type ResponsePlace } from '../protocol/responses/response-ids.ts';
import { answerByMessage, findPendingResults, listTrailingResults } from './answer-by-message.ts';
import { listAnswers } from './list-answers.ts';
import { listPendingCalls } from './list-pending-calls.ts';
import type { GivenAnswer, RunControl } from './run-control.ts';
import type { RunRegistry } from './run-registry.ts';

export interface AnsweringItems {
  readonly registry: RunRegistry;
  readonly control: RunControl;
  readonly principal: Principal;
  readonly agent: string;
  readonly messages: readonly Message[];
  readonly approvals: readonly ApprovalResponse[];
  readonly isStreamed: boolean;
}

/**
 * Continues the run whose calls the last items answer: approvals of a run that the principal may see, and results of the caller's own tools. Returns
 * where the response to the answer begins; `undefined` if the items answer nothing.
 *
 * Answers that the run has already are a request that is sent again: the client gets the same response.
 *
 * @throws HttpProblem 400, 403, 404, 422
 */
export async function answerByItems(given: AnsweringItems): Promise<ResponsePlace | undefined> {
  return given.approvals.length > 0 ? answerApprovals(given) : answerResults(given);
}

async function answerResults(given: AnsweringItems): Promise<ResponsePlace | undefined> {
  const { control, principal, messages } = given;
  const ids = listTrailingResults(messages).map(({ tool_call_id: id }) => id);
  const runId = parseCallId(ids.at(-1) ?? '')?.runId;
  const before = runId === undefined ? undefined : await control.findIfVisible(principal, runId, { hasEvents: true });
  const answered = before === undefined ? undefined : await answerByMessage(given);
  if (before === undefined || answered === undefined) return undefined;
  return { runId: answered.runId, after: findStart(before, new Set(ids)) };
}

interface AskedApproval extends ApprovalPlace {
  readonly response: ApprovalResponse;
}

async function answerApprovals(given: AnsweringItems): Promise<ResponsePlace> {
  const { control, principal, approvals, agent, messages, isStreamed } = given;
  const asked = approvals.map(readApproval);
  const [first] = asked;
  const other = asked.find(({ runId }) => runId !== first?.runId);
  if (first === undefined || other !== undefined) {
    throw createInvalidError(
      'The approvals are of several responses. Send a request for each.',
      other?.response.param ?? 'input',
    );
  }
  const twice = asked.find((each, at) => asked.findIndex(({ pending }) => pending === each.pending) < at);
  if (twice !== undefined) {
    throw createInvalidError('The call has two answers. Send one.', twice.response.param);
  }
  const { runId } = first;
  const run = await control.findIfVisible(principal, runId, { hasEvents: true });
  if (run === undefined) throw createUnknownRunError(runId);
  if (run.record.agent !== agent) {
    throw createInvalidError(`The response waits for the agent "${run.record.agent}". Send its name.`, 'model');
  }
  const results = run.record.owner === formatOwner(principal) ? listTrailingResults(messages) : [];
  const ids = asked.map(({ pending }) => formatCallId(locatePendingCall(runId, pending)));
  const start = findStart(run, new Set([...ids, ...results.map(({ tool_call_id: id }) => id)]));
  if (asked.every((each) => isAnswered(run, each))) return { runId, after: start };
  const answers = asked.map((each) => toAnswer(run, each));
  for (const { id, fingerprint, value } of findPendingResults(run, results)) {
    answers.push({ pending: id, answer: { type: 'result', fingerprint, value } });
  }
  await control.answer(principal, run, { answers, isStreamed });
  return { runId, after: start };
}

function readApproval(response: ApprovalResponse): AskedApproval {
  const place = parseApprovalId(response.requestId);
  if (place !== undefined) return { ...place, response };
  throw createInvalidError(`"${response.param}" is no id of an mcp_approval_request of this server.`, response.param);
}

function toAnswer(run: RunProgress, { pending: id, fingerprint, response }: AskedApproval): GivenAnswer {
  const call = listPendingCalls(run).find((each) => each.id === id);
  const { isApproved, reason, param } = response;
  if (call !== undefined && !call.fingerprint.startsWith(fingerprint)) {
    throw new HttpProblem('The call has changed since it was shown. Read the response again.', {
      status: 422,
      code: 'approval.fingerprint',
      param,
    });
  }
  // A call that is not pending is refused where it is answered.
  const own = call?.fingerprint ?? fingerprint;
  const answer: Answer = isApproved
    ? { type: 'approve', fingerprint: own }
    : { type: 'deny', fingerprint: own, ...(reason !== undefined && { reason }) };
  return { pending: id, answer };
}

/** Whether the call got this answer before. */
function isAnswered(run: RunProgress, { runId, pending, fingerprint, response }: AskedApproval): boolean {
  const known = listAnswers(run).get(formatCallId(locatePendingCall(runId, pending)));
  if (known === undefined || !known.fingerprint.startsWith(fingerprint)) return false;
  return (known.type === 'approve') === response.isApproved && (known.type === 'approve' || known.type === 'deny');
}

/** The position of the last event before the answers to these calls; of the last one if none is answered. */
function findStart({ record: { runId }, events }: RunProgress, ids: ReadonlySet<string>): number {
  const answered = events.find(({ path, event }) => {
    return event.type === 'approval.answered' && ids.has(formatCallId({ runId, path, ...event }));
  });
  const limit = answered?.position ?? Number.POSITIVE_INFINITY;
  return events.findLast(({ position }) => position < limit)?.position ?? 0;
}
