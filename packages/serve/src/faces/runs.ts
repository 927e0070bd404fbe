import type { RunProgress } from '@pawl/core/host';
import type { Principal } from '../access/principal.ts';
import type { RequestContext } from '../context.ts';
import { createJsonResponse } from '../protocol/json-response.ts';
import { findOutcomeProblem } from '../protocol/outcome-problem.ts';
import { describeInDetail, describeRun, describeSummary, readRecordDetails } from '../protocol/runs/describe-run.ts';
import { readRunQuery } from '../protocol/runs/read-run-query.ts';
import {
  readAnswerBody,
  readCancelBody,
  readForkBody,
  readMessageBody,
  readRunBody,
} from '../protocol/runs/read-runs.ts';
import { identifyRequest, startOnce } from '../runs/start-once.ts';
import { createUnknownModelError } from './models.ts';
import { readTraceparent } from './read-traceparent.ts';
import { streamEvents } from './run-events.ts';
import { waitForAnswer } from './wait-for-outcome.ts';

/** Answers `/v1/runs` and the routes below it. */
export async function handleRuns(context: RequestContext): Promise<Response> {
  const [, , id, action] = context.segments;
  const { method } = context.request;
  if (id === undefined) return method === 'POST' ? createRun(context) : listRuns(context);
  switch (action) {
    case 'answers':
      return answerCall(context, id);
    case 'messages':
      return sendMessage(context, id);
    case 'fork':
      return forkRun(context, id);
  }
  if (action === undefined && method === 'GET') return sendState(context, id);
  const { control, runs } = context;
  const run = await findRun(context, id);
  switch (action) {
    case 'events':
      return streamEvents(context, run.record);
    case 'cancel':
      await control.cancel(run, await readReason(context));
      return sendState(context, id);
    case 'resume':
      await runs.resume(run);
      return sendState(context, id);
  }
  await control.delete(run);
  return new Response(null, { status: 204 });
}

/** Reads why a run is cancelled. The body may be missing. */
async function readReason({ request, readBody }: RequestContext): Promise<string | undefined> {
  return request.body === null ? undefined : readCancelBody((await readBody()).json).reason;
}

/** Finds the run that a request is about. `onRequest` gets its id, but never one that only the request has. */
async function findRun({ control, principal, setRun }: RequestContext, id: string): Promise<RunProgress> {
  const run = await control.find(principal, id);
  setRun(id);
  return run;
}

async function createRun(context: RequestContext): Promise<Response> {
  const { request, principal, owner, agents, runs, control, settings, readBody } = context;
  const { json, text } = await readBody();
  const { maxMessages, mediaUrls, callerTools, callerInstructions = 'append' } = settings;
  const body = readRunBody(json, { maxMessages, mediaUrls, callerTools, callerInstructions });
  const served = agents.find(body.agent);
  if (served === undefined) throw createUnknownModelError(body.agent, 'agent');
  const isStreamed = hasEventType(request);
  const identity = identifyRequest(request, { owner, text, isWhole: !isStreamed && !body.isBackground });
  const start = {
    principal,
    input: body.input,
    metadata: body.metadata,
    callerTools: body.tools,
    limits: body.limits,
    isBackground: body.isBackground,
    isStreamed: isStreamed || body.isBackground,
    ...readTraceparent(request),
    ...(body.conversation !== undefined && { conversation: body.conversation }),
  };
  const started = await startOnce(served, start, { registry: runs, control, identity });
  const { runId, isAttached } = started;
  context.setRun(runId);
  if (isStreamed) return streamEvents(context, { runId, agent: body.agent });
  if (!body.isBackground) await waitForAnswer(context, { ...started, identity });
  return sendState(context, runId, isAttached ? 200 : 201);
}

function hasEventType({ headers }: Request): boolean {
  return /text\/event-stream|application\/x-ndjson/.test(headers.get('accept') ?? '');
}

async function listRuns({ principal, control, runs, query, settings: { details } }: RequestContext): Promise<Response> {
  const { filter, statuses, conversation, branch, matches } = readRunQuery(query, { details });
  const { runs: page, next } = await control.list({
    principal,
    filter: {
      ...filter,
      ...(details && { totals: true }),
      ...(conversation !== undefined && {
        conversation: getConversationId(runs, { principal, conversation, branch, details }),
      }),
    },
    ...(statuses !== undefined && { statuses }),
    ...(matches !== undefined && { matches }),
  });
  const data = details
    ? await Promise.all(page.map(async (run) => describeInDetail(run, await control.findOrigin(run.runId))))
    : page.map(describeSummary);
  return createJsonResponse({ data, next: next ?? null });
}

interface AskedConversation {
  readonly principal: Principal;
  readonly conversation: string;
  readonly branch: number | undefined;
  readonly details: boolean;
}

/** The details of a run show the id that its conversation is stored under. */
function getConversationId(
  runs: RequestContext['runs'],
  { principal, conversation, branch, details }: AskedConversation,
): string {
  return details ? conversation : runs.getConversationId(principal, conversation, branch);
}

async function sendState(
  { control, principal, setRun, settings }: RequestContext,
  id: string,
  status = 200,
): Promise<Response> {
  const progress = await control.findWithEvents(principal, id);
  setRun(id);
  const problem = progress.outcome === undefined ? undefined : findOutcomeProblem(progress.outcome, true);
  const state = describeRun(progress, problem?.error);
  return createJsonResponse(settings.details ? { ...state, details: readRecordDetails(progress.record) } : state, {
    status,
  });
}

// The state of a run is read after the body, which may take its time to arrive.

async function answerCall(context: RequestContext, id: string): Promise<Response> {
  const { principal, control, readBody, setRun } = context;
  const answer = readAnswerBody((await readBody()).json);
  const run = await control.findWithEvents(principal, id);
  setRun(id);
  await control.answer(principal, run, { answers: [answer] });
  return sendState(context, id);
}

async function sendMessage(context: RequestContext, id: string): Promise<Response> {
  const { principal, control, settings, readBody } = context;
  const { maxMessages, mediaUrls } = settings;
  const message = readMessageBody((await readBody()).json, { maxMessages, mediaUrls, callerInstructions: 'reject' });
  const isRecorded = await control.sendMessage(principal, await findRun(context, id), message);
  return createJsonResponse({ isRecorded });
}

async function forkRun(context: RequestContext, id: string): Promise<Response> {
  const { principal, control, settings, readBody } = context;
  const { maxMessages, mediaUrls } = settings;
  const body = readForkBody((await readBody()).json, { maxMessages, mediaUrls, callerInstructions: 'append' });
  const forked = await control.fork(principal, await findRun(context, id), body);
  return sendState(context, forked, 201);
}
