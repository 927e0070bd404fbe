import type { RunProgress } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { createJsonResponse } from '../protocol/json-response.ts';
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
      await control.cancel(run);
      return sendState(context, id);
    case 'resume':
      await runs.resume(run);
      return sendState(context, id);
  }
  await control.delete(run);
  return new Response(null, { status: 204 });
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

async function listRuns({ principal, control, runs, query }: RequestContext): Promise<Response> {
  const { filter, conversation, branch } = readRunQuery(query);
  const found = await control.list(principal, {
    ...filter,
    // One more than asked for says whether there is a next page.
    limit: filter.limit + 1,
    order: 'desc',
    ...(conversation !== undefined && { conversation: runs.getConversationId(principal, conversation, branch) }),
  });
  const page = found.slice(0, filter.limit);
  const next = found.length > page.length ? page.at(-1)?.position : undefined;
  return createJsonResponse({ data: page.map(describeSummary), next: next ?? null });
}

async function sendState({ control, principal, setRun }: RequestContext, id: string, status = 200): Promise<Response> {
  const progress = await control.findWithEvents(principal, id);
  setRun(id);
  const problem = progress.outcome === undefined ? undefined : findOutcomeProblem(progress.outcome, true);
  return createJsonResponse(describeRun(progress, problem?.error), { status });
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
