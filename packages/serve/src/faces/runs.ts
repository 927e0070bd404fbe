import type { Principal } from '../access/principal.ts';
import type { RequestContext } from '../context.ts';
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
import { readTraceparent } from './chat.ts';
import { createUnknownModelError } from './models.ts';
import { streamEvents } from './run-events.ts';
import { waitForOutcome } from './wait-for-outcome.ts';

/** Answers `/v1/runs` and the routes below it. */
export async function handleRuns(context: RequestContext): Promise<Response> {
  const [, , id, action] = context.segments;
  const { method } = context.request;
  if (id === undefined) return method === 'POST' ? createRun(context) : listRuns(context);
  // Everything below is about a run that the principal may see.
  const { record } = await context.control.find(context.principal, id);
  context.setRun(id);
  switch (action) {
    case 'events':
      return streamEvents(context, record);
    case 'answers':
      return answerCall(context, id);
    case 'messages':
      return sendMessage(context, id);
    case 'cancel':
      return cancelRun(context, id);
    case 'resume':
      await context.runs.resume(id);
      return sendState(context, id);
    case 'fork':
      return forkRun(context, id);
  }
  if (method !== 'DELETE') return sendState(context, id);
  await context.control.delete(context.principal, id);
  return new Response(null, { status: 204 });
}

async function createRun(context: RequestContext): Promise<Response> {
  const { request, principal, owner, agents, runs, control, settings, readBody } = context;
  const { json, text } = await readBody();
  const { maxMessages, mediaUrls, callerTools, callerInstructions = 'append' } = settings;
  const body = readRunBody(json, { maxMessages, mediaUrls, callerTools, callerInstructions });
  const served = agents.find(body.agent);
  if (served === undefined) throw createUnknownModelError(body.agent, 'agent');
  const identity = identifyRequest(request, { owner, text });
  const isStreamed = hasEventType(request);
  const traceparent = readTraceparent(request);
  const start = {
    principal,
    input: body.input,
    metadata: body.metadata,
    callerTools: body.tools,
    limits: body.limits,
    isBackground: body.isBackground,
    isStreamed: isStreamed || body.isBackground,
    ...(traceparent !== undefined && { traceparent }),
    ...(body.conversation !== undefined && { conversation: body.conversation }),
  };
  const { runId, isAttached } = await startOnce(served, start, { registry: runs, control, identity });
  context.setRun(runId);
  if (isStreamed) return streamEvents(context, { runId, agent: body.agent });
  if (!body.isBackground) await waitForOutcome(context, runId);
  return sendState(context, runId, isAttached ? 200 : 201);
}

function hasEventType({ headers }: Request): boolean {
  return /text\/event-stream|application\/x-ndjson/.test(headers.get('accept') ?? '');
}

async function listRuns({ principal, control, runs, query, settings: { details } }: RequestContext): Promise<Response> {
  const { filter, statuses, conversation, matches } = readRunQuery(query, { details });
  const { runs: page, next } = await control.list({
    principal,
    filter: {
      ...filter,
      ...(details && { totals: true }),
      ...(conversation !== undefined && {
        conversation: getConversationId(runs, { principal, conversation, details }),
      }),
    },
    ...(statuses !== undefined && { statuses }),
    ...(matches !== undefined && { matches }),
  });
  const data = details
    ? await Promise.all(page.map(async (run) => describeInDetail(run, await control.findOrigin(run.runId))))
    : page.map(describeSummary);
  return Response.json({ data, next: next ?? null });
}

interface AskedConversation {
  readonly principal: Principal;
  readonly conversation: string;
  readonly details: boolean;
}

/** The details of a run show the id that its conversation is stored under. */
function getConversationId(
  runs: RequestContext['runs'],
  { principal, conversation, details }: AskedConversation,
): string {
  return details ? conversation : runs.getConversationId(principal, conversation);
}

async function sendState(
  { principal, control, settings }: RequestContext,
  id: string,
  status = 200,
): Promise<Response> {
  const progress = await control.findWithEvents(principal, id);
  const problem = progress.outcome === undefined ? undefined : findOutcomeProblem(progress.outcome, true);
  const state = describeRun(progress, problem?.error);
  return Response.json(settings.details ? { ...state, details: readRecordDetails(progress.record) } : state, {
    status,
  });
}

async function answerCall(context: RequestContext, id: string): Promise<Response> {
  const { principal, control, readBody } = context;
  await control.answer(principal, id, readAnswerBody((await readBody()).json));
  return sendState(context, id);
}

/** The body may be missing. */
async function cancelRun(context: RequestContext, id: string): Promise<Response> {
  const { request, principal, control, readBody } = context;
  const { reason } = request.body === null ? {} : readCancelBody((await readBody()).json);
  await control.cancel(principal, id, reason);
  return sendState(context, id);
}

async function sendMessage({ principal, control, settings, readBody }: RequestContext, id: string): Promise<Response> {
  const { maxMessages, mediaUrls } = settings;
  const message = readMessageBody((await readBody()).json, { maxMessages, mediaUrls, callerInstructions: 'reject' });
  return Response.json({ isRecorded: await control.sendMessage(principal, id, message) });
}

async function forkRun(context: RequestContext, id: string): Promise<Response> {
  const { principal, control, settings, readBody } = context;
  const { maxMessages, mediaUrls } = settings;
  const body = readForkBody((await readBody()).json, { maxMessages, mediaUrls, callerInstructions: 'append' });
  const forked = await control.fork(principal, id, body);
  context.setRun(forked);
  return sendState(context, forked, 201);
}
