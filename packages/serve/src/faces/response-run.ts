import type { JsonObject } from '@pawl/core';
import { createEventReader, hasEnded, type RunProgress, type RunRecord } from '@pawl/core/host';
import { isRecord } from '@pawl/core/model';
import { type ResponseObject, toListedTools } from '@pawl/responses/wire';
import type { RequestContext } from '../context.ts';
import { toProblem } from '../protocol/outcome-problem.ts';
import { createUnknownRunError } from '../protocol/problem.ts';
import { encodeResponsesEvent } from '../protocol/responses/encode-responses.ts';
import { formatResponseId, parseResponseId, type ResponsePlace } from '../protocol/responses/response-ids.ts';
import { formatResponseEvents } from '../protocol/responses/responses-events.ts';
import { createResponsesState, type ResponsesState, readResponse } from '../protocol/responses/responses-state.ts';
import { skipKnown } from '../protocol/responses/sequence.ts';
import { STREAM_HEADERS } from '../protocol/server-sent-events.ts';
import { readKeptRequest } from '../runs/caller-tools.ts';
import { createFinishedEvent } from '../runs/create-finished-event.ts';
import { openStream } from './open-stream.ts';

/** What is kept of a request to describe its response. */
export interface ResponseOrigin {
  readonly isBackground: boolean;
  readonly previousResponseId: string | undefined;
  /** How many of the run's messages come before the input: those of the previous response, and of `instructions`. */
  readonly inputStart: number;
  readonly hasInstructions: boolean;
}

export function writeResponseOrigin({
  isBackground,
  previousResponseId,
  inputStart,
  hasInstructions,
}: ResponseOrigin): JsonObject {
  return {
    ...(isBackground && { background: true }),
    ...(previousResponseId !== undefined && { previous: previousResponseId }),
    ...(inputStart > 0 && { inputStart }),
    ...(hasInstructions && { instructions: true }),
  };
}

export function readResponseOrigin({ metadata }: Pick<RunRecord, 'metadata'>): ResponseOrigin {
  const { face = {} } = readKeptRequest(metadata);
  const { background, previous, inputStart, instructions } = face;
  return {
    isBackground: background === true,
    previousResponseId: typeof previous === 'string' ? previous : undefined,
    inputStart: typeof inputStart === 'number' ? inputStart : 0,
    hasInstructions: instructions === true,
  };
}

/** A response that a request names. */
export interface FoundResponse {
  readonly place: ResponsePlace;
  readonly run: RunProgress;
}

/** Finds a response with the events of its run. @throws HttpProblem 404, also for one that is not stored */
export async function findResponse({ control, principal, setRun }: RequestContext, id: string): Promise<FoundResponse> {
  const place = parseResponseId(id);
  const run = await control.findIfVisible(principal, place.runId, { hasEvents: true });
  if (run === undefined || !readKeptRequest(run.record.metadata).isStored) throw createUnknownRunError(id);
  if (place.after > (run.events.at(-1)?.position ?? 0)) throw createUnknownRunError(id);
  setRun(place.runId);
  return { place, run };
}

/** Returns the response as far as it is. */
export function describeResponse(context: RequestContext, { place, run }: FoundResponse): ResponseObject {
  const { record, events, status, outcome } = run;
  const complete = createEventReader(record);
  let state = createState(context, { place, record });
  for (const each of events) ({ state } = encodeResponsesEvent(state, complete(each)));
  const isAtRest = hasEnded(status) || status === 'suspended';
  const end =
    outcome !== undefined && isAtRest ? encodeResponsesEvent(state, createFinishedEvent(record, outcome)) : undefined;
  const response = readResponse((end ?? { state }).state);
  return response ?? createEmpty(context, { place, record });
}

/** A run that waits for its turn has no event. */
function createEmpty(context: RequestContext, { place, record }: DescribedRun): ResponseObject {
  const { state } = encodeResponsesEvent(createState(context, { place, record }), {
    type: 'run.started',
    agent: record.agent,
    messages: [],
    at: record.at,
    activeMs: 0,
    runId: record.runId,
    path: '',
    seq: 0,
    ...(place.after > 0 && { position: place.after + 1 }),
  });
  return { ...(readResponse(state) as ResponseObject), status: 'queued' }; // It has had its first event.
}

interface DescribedRun {
  readonly place: ResponsePlace;
  readonly record: RunRecord;
}

function createState({ settings, agents, runs }: RequestContext, { place, record }: DescribedRun): ResponsesState {
  const { runId, agent, at, metadata } = record;
  const { after } = place;
  const { isBackground, previousResponseId } = readResponseOrigin(record);
  const caller = metadata['caller'];
  // The part after an answer follows a response of the same run.
  const previous = after === 0 ? previousResponseId : runId;
  return createResponsesState({
    id: formatResponseId(place),
    createdAt: Math.floor(at / 1_000),
    background: isBackground,
    metadata: isRecord(caller) ? toWireMetadata(caller) : {},
    tools: toListedTools(readKeptRequest(metadata).tools),
    text: agents.hasTextGuard(agent) ? 'whole' : 'live',
    toolOutput: settings.toolOutput,
    isRepeatedTurn: (turn) => runs.isRepeatedTurn(runId, turn),
    after,
    ...(previous !== undefined && { previousResponseId: previous }),
  });
}

/** Values of metadata are texts. */
function toWireMetadata(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(entries);
}

/**
 * Streams a response.
 *
 * @param known - the number of the last event that the client has
 */
export function streamResponses(context: RequestContext, { place, record }: DescribedRun, known?: number): Response {
  return openStream(context, { runId: place.runId }, () => {
    let state = createState(context, { place, record });
    let hasEnded = false;
    const fail = (code: string | null, message: string): string => {
      // The number of the last event: a client that reads on after it loses nothing.
      const last = Math.max(state.sent.place.last, known ?? 0);
      return formatResponseEvents([{ type: 'error', code, message, param: null, sequence_number: last }]);
    };
    return {
      headers: STREAM_HEADERS,
      encode: ({ event }) => {
        const change = encodeResponsesEvent(state, event);
        state = change.state;
        hasEnded ||= state.outcome !== undefined;
        return formatResponseEvents(skipKnown(change.events, known));
      },
      end: () => {
        if (hasEnded) return '';
        const id = formatResponseId(place);
        return fail(
          'stream.closed',
          `The stream has ended before the response. Read on with GET /v1/responses/${id}?stream=true.`,
        );
      },
      fail: (error) => {
        const { code, message } = toProblem(error).error;
        return fail(code, message);
      },
    };
  });
}
