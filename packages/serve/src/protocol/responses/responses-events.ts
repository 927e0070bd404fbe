import type { Run, RunEvent } from '@pawl/core';
import type { ResponseEvent } from '@pawl/responses/wire';
import { toProblem } from '../outcome-problem.ts';
import { formatServerSentEvent, STREAM_HEADERS } from '../server-sent-events.ts';
import { encodeResponsesEvent } from './encode-responses.ts';
import { createResponsesState, type ResponsesEncoderOptions, type ResponsesState } from './responses-state.ts';

/**
 * Streams a run as a response, in a route of your own: `return responsesEvents(agent.run(messages))`. A client that disconnects does not end the run.
 *
 * @param source - a run, or the events of a run from the first on
 * @throws ConfigError for an unknown option
 */
export function responsesEvents(
  source: Run<unknown> | AsyncIterable<RunEvent>,
  options: ResponsesEncoderOptions = {},
): Response {
  const texts = encodeAll(source, createResponsesState(options));
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await texts.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
  return new Response(body, { headers: STREAM_HEADERS });
}

/** Formats events of a stream as server-sent events. */
export function formatResponseEvents(events: readonly ResponseEvent[]): string {
  let text = '';
  for (const event of events) text += formatServerSentEvent({ event: event.type, data: JSON.stringify(event) });
  return text;
}

/** Encodes all events. A run whose host fails ends with an error. */
async function* encodeAll(
  source: Run<unknown> | AsyncIterable<RunEvent>,
  start: ResponsesState,
): AsyncGenerator<string, undefined> {
  let state = start;
  try {
    for await (const event of source) {
      const { state: next, events } = encodeResponsesEvent(state, event);
      state = next;
      if (events.length > 0) yield formatResponseEvents(events);
    }
    // A run that could not begin has no event, and rejects here.
    if ('outcome' in source) await source.outcome();
  } catch (error) {
    const { code, message } = toProblem(error).error;
    const last = Math.max(state.sent.place.last, 0);
    yield formatResponseEvents([{ type: 'error', code, message, param: null, sequence_number: last }]);
  }
}
