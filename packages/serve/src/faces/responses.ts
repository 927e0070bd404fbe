import type { Message } from '@pawl/core/chat';
import { hasEnded, type RunProgress } from '@pawl/core/host';
import { formatOwner } from '../access/owner.ts';
import type { RequestContext } from '../context.ts';
import { createJsonResponse } from '../protocol/json-response.ts';
import { findOutcomeProblem } from '../protocol/outcome-problem.ts';
import { createInvalidError, HttpProblem } from '../protocol/problem.ts';
import { quote } from '../protocol/read-json.ts';
import { type ResponsesInput, readResponsesRequest } from '../protocol/responses/read-responses.ts';
import { formatResponseId, parseResponseId, type ResponsePlace } from '../protocol/responses/response-ids.ts';
import type { ServedAgent } from '../runs/agent-directory.ts';
import { answerByItems } from '../runs/answer-by-items.ts';
import { readKeptRequest } from '../runs/caller-tools.ts';
import { identifyRequest, type RequestIdentity, startOnce } from '../runs/start-once.ts';
import { listInputItems } from './input-items.ts';
import { createUnknownModelError } from './models.ts';
import { readTraceparent } from './read-traceparent.ts';
import {
  describeResponse,
  findResponse,
  readResponseOrigin,
  streamResponses,
  writeResponseOrigin,
} from './response-run.ts';
import { waitForAnswer, waitForOutcome } from './wait-for-outcome.ts';

/** Answers `/v1/responses` and the routes below it. */
export async function handleResponses(context: RequestContext): Promise<Response> {
  const [, , id, action] = context.segments;
  if (id === undefined) return createResponse(context);
  switch (action) {
    case 'cancel':
      return cancelResponse(context, id);
    case 'input_items':
      return createJsonResponse(listInputItems(await findResponse(context, id), context.query));
  }
  return context.request.method === 'DELETE' ? deleteResponse(context, id) : sendResponse(context, id);
}

async function createResponse(context: RequestContext): Promise<Response> {
  const { agents, owner, readBody, settings, request, setRun } = context;
  const { json, text } = await readBody();
  const { maxMessages, mediaUrls, callerTools, allowedModelSettings, callerInstructions = 'append' } = settings;
  const rules = { maxMessages, mediaUrls, callerTools, allowedModelSettings, callerInstructions };
  const input = readResponsesRequest(json, rules);
  const served = agents.find(input.model);
  if (served === undefined) throw createUnknownModelError(input.model);
  const { isStreamed, isBackground } = input;
  const identity = identifyRequest(request, { owner, text, isWhole: !isStreamed && !isBackground });
  const place = await beginResponse(context, { served, input, identity });
  const { runId } = place;
  setRun(runId);
  if (isStreamed) {
    const { record } = await context.control.find(context.principal, runId);
    return streamResponses(context, { place, record });
  }
  if (!isBackground) {
    const outcome = await waitForAnswer(context, { runId, isAttached: true, identity });
    const problem = findOutcomeProblem(outcome, identity.key !== undefined);
    if (problem !== undefined) throw problem;
  }
  const run = await context.control.findWithEvents(context.principal, runId);
  return createJsonResponse(describeResponse(context, { place, run }));
}

interface NewResponse {
  readonly served: ServedAgent;
  readonly input: ResponsesInput;
  readonly identity: RequestIdentity;
}

/** Answers the calls that the input answers, or begins a run. */
async function beginResponse(
  context: RequestContext,
  { served, input, identity }: NewResponse,
): Promise<ResponsePlace> {
  const { runs: registry, control, principal, request } = context;
  const { previousResponseId, messages, approvals, isStreamed, isBackground, instructions } = input;
  const agent = served.agent.name;
  const previous = previousResponseId === undefined ? undefined : await findPrevious(context, previousResponseId);
  const answering = { registry, control, principal, agent, messages, approvals };
  const answered = await answerByItems({ ...answering, isStreamed: isStreamed || isBackground });
  if (answered !== undefined) return answered;
  const history = previous === undefined ? [] : listHistory(previous);
  const before = [...(instructions === undefined ? [] : [instructions]), ...history];
  const origin = {
    isBackground,
    previousResponseId,
    inputStart: before.length,
    hasInstructions: instructions !== undefined,
  };
  const start = {
    principal,
    input: [...before, ...messages],
    metadata: input.metadata,
    callerTools: input.tools,
    modelSettings: input.modelSettings,
    limits: input.limits,
    isStored: input.isStored,
    isBackground,
    isStreamed: isStreamed || isBackground,
    face: writeResponseOrigin(origin),
    ...readTraceparent(request),
  };
  const { runId } = await startOnce(served, start, { registry, control, identity });
  return { runId, after: 0 };
}

/** Finds the run of `previous_response_id`. Everyone who may see it may answer its calls; its conversation is the owner's. */
async function findPrevious({ control, principal }: RequestContext, id: string): Promise<RunProgress> {
  const run = await control.findIfVisible(principal, parseResponseId(id).runId);
  const isOwn = run !== undefined && run.record.owner === formatOwner(principal);
  if (isOwn && readKeptRequest(run.record.metadata).isStored) return run;
  throw new HttpProblem(`There is no response ${quote(id)}.`, {
    status: 404,
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  });
}

/** Lists the conversation of a run that another continues. `instructions` are those of one request. */
function listHistory({ record, outcome, status }: RunProgress): readonly Message[] {
  if (outcome === undefined || !(hasEnded(status) || status === 'suspended')) {
    throw new HttpProblem(`The response "${record.runId}" is not complete. Wait for its end.`, {
      status: 422,
      code: 'run.busy',
      param: 'previous_response_id',
    });
  }
  return outcome.messages.slice(readResponseOrigin(record).hasInstructions ? 1 : 0);
}

/** Sends a response as it is, or as a stream: `?stream=true&starting_after=N`. */
async function sendResponse(context: RequestContext, id: string): Promise<Response> {
  const { query, runs } = context;
  const found = await findResponse(context, id);
  if (query.get('stream') !== 'true') return createJsonResponse(describeResponse(context, found));
  const { place, run } = found;
  const known = readStartingAfter(query.get('starting_after'));
  if (run.status === 'interrupted') await runs.resume(run, { isStreamed: true });
  return streamResponses(context, { place, record: run.record }, known);
}

function readStartingAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw createInvalidError(
    `"starting_after" is ${quote(text)}. Send the sequence_number of an event.`,
    'starting_after',
  );
}

/** Cancels a response, and sends it as it ended. One that has ended stays as it is. */
async function cancelResponse(context: RequestContext, id: string): Promise<Response> {
  const { place, run } = await findResponse(context, id);
  await endRun(context, run);
  const { control, principal } = context;
  const ended = await control.findWithEvents(principal, place.runId);
  return createJsonResponse(describeResponse(context, { place, run: ended }));
}

async function endRun(context: RequestContext, run: RunProgress): Promise<void> {
  if (hasEnded(run.status)) return;
  await context.control.cancel(run);
  await waitForOutcome(context, run.record.runId);
}

/** Deletes the run of a response. For the client a response whose calls wait is complete: they are cancelled. */
async function deleteResponse(context: RequestContext, id: string): Promise<Response> {
  const { place, run } = await findResponse(context, id);
  if (run.status === 'suspended') await endRun(context, run);
  await context.control.delete(run);
  return createJsonResponse({ id: formatResponseId(place), object: 'response', deleted: true });
}
