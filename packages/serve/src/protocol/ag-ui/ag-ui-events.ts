import type { Run, RunEvent } from '@pawl/core';
import { toProblem } from '../outcome-problem.ts';
import { formatServerSentEvent, STREAM_HEADERS } from '../server-sent-events.ts';
import { streamPieces } from '../stream-pieces.ts';
import type { AgUiEvent } from './ag-ui-event.ts';
import { type AgUiEncoderOptions, type AgUiState, createAgUiState } from './ag-ui-state.ts';
import { encodeAgUiEvent } from './encode-ag-ui.ts';

/**
 * Streams a run to an AG-UI client, in a route of your own: `return agUiEvents(agent.run(messages), { threadId, runId })`. A client that
 * disconnects does not end the run. Of a run that was resumed the client gets the events since then, after a snapshot of the messages.
 *
 * @param source - a run, or the events of a run from the first on
 * @throws ConfigError for an unknown option
 */
export function agUiEvents(source: Run<unknown> | AsyncIterable<RunEvent>, options: AgUiEncoderOptions): Response {
  return streamPieces(encodeAgUiEvents(source, createAgUiState(options)), STREAM_HEADERS);
}

export function formatAgUiEvents(events: readonly AgUiEvent[]): string {
  return events.map((event) => formatServerSentEvent({ data: JSON.stringify(event) })).join('');
}

/** Returns the last event of a stream whose host failed, or that cannot begin. */
export function toAgUiError(error: unknown): AgUiEvent {
  const { message, error: body } = toProblem(error);
  return { type: 'RUN_ERROR', message, ...(body.code !== null && { code: body.code }) };
}

async function* encodeAgUiEvents(
  source: Run<unknown> | AsyncIterable<RunEvent>,
  start: AgUiState,
): AsyncGenerator<string, undefined> {
  let state = start;
  try {
    for await (const event of source) {
      const { state: next, events } = encodeAgUiEvent(state, event);
      state = next;
      if (events.length > 0) yield formatAgUiEvents(events);
    }
    // A run that could not begin has no event, and rejects here.
    if ('outcome' in source) await source.outcome();
  } catch (error) {
    yield formatAgUiEvents([toAgUiError(error)]);
  }
}
