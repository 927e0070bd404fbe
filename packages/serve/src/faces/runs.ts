import type { RequestContext } from '../context.ts';
import { findOutcomeProblem } from '../protocol/outcome-problem.ts';
import { describeRun, describeSummary } from '../protocol/runs/describe-run.ts';
import {
  readAnswerBody,
  readForkBody,
  readMessageBody,
  readRunBody,
  readRunQuery,
} from '../protocol/runs/read-runs.ts';
import { identifyRequest, startOnce } from '../runs/start-once.ts';
import { createUnknownModelError } from './models.ts';
import { readTraceparent } from './read-traceparent.ts';
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
      await context.control.cancel(context.principal, id);
      return sendState(context, id);
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
  const { runId, isAttached } = await startOnce(served, start, { registry: runs, control, identity });
  context.setRun(runId);
  if (isStreamed) return streamEvents(context, { runId, agent: body.agent });
  if (!body.isBackground) await waitForOutcome(context, runId);
  return sendState(context, runId, isAttached ? 200 : 201);
}

function hasEventType({ headers }: Request): boolean {
  return /text\/event-stream|application\/x-ndjson/.test(headers.get('accept') ?? '');
}

async function listRuns({ principal, control, runs, query }: RequestContext): Promise<Response> {
  const { filter, conversation } = readRunQuery(query);
  const found = await control.list(principal, {
    ...filter,
    // One more than asked for says whether there is a next page.
    limit: filter.limit + 1,
    order: 'desc',
    ...(conversation !== undefined && { conversation: runs.getConversationId(principal, conversation) }),
  });
  const page = found.slice(0, filter.limit);
  const next = found.length > page.length ? page.at(-1)?.position : undefined;
  return Response.json({ data: page.map(describeSummary), next: next ?? null });
}

async function sendState({ principal, control }: RequestContext, id: string, status = 200): Promise<Response> {
  const progress = await control.findWithEvents(principal, id);
  const problem = progress.outcome === undefined ? undefined : findOutcomeProblem(progress.outcome, true);
  return Response.json(describeRun(progress, problem?.error), { status });
}

async function answerCall(context: RequestContext, id: string): Promise<Response> {
  const { principal, control, readBody } = context;
  await control.answer(principal, id, readAnswerBody((await readBody()).json));
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
