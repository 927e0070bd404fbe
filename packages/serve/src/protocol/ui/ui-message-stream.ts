import type { Run, RunEvent } from '@pawl/core';
import { toProblem } from '../outcome-problem.ts';
import { formatServerSentEvent, STREAM_HEADERS } from '../server-sent-events.ts';
import { streamPieces } from '../stream-pieces.ts';
import { createUiState, encodeUiEvent, type UiEncoderOptions, type UiState } from './encode-ui.ts';
import type { UiChunk } from './ui-chunk.ts';

/**
 * Streams a run to `useChat`, in a route of your own: `return uiMessageStream(agent.run(messages))`. A page that disconnects does not end the run.
 *
 * @param source - a run, or the events of a run from the first on
 * @throws ConfigError for an unknown option
 */
export function uiMessageStream(
  source: Run<unknown> | AsyncIterable<RunEvent>,
  options: UiEncoderOptions = {},
): Response {
  return streamPieces(encodeUiEvents(source, createUiState(options)), UI_HEADERS);
}

export const UI_HEADERS: Readonly<Record<string, string>> = {
  ...STREAM_HEADERS,
  'x-vercel-ai-ui-message-stream': 'v1',
};

/** The end of every stream. */
export const UI_DONE: string = formatServerSentEvent({ data: '[DONE]' });

export function formatUiChunks(chunks: readonly UiChunk[]): string {
  return chunks.map((chunk) => formatServerSentEvent({ data: JSON.stringify(chunk) })).join('');
}

/** Encodes all events. A run whose host fails ends with an error chunk. */
async function* encodeUiEvents(
  source: Run<unknown> | AsyncIterable<RunEvent>,
  start: UiState,
): AsyncGenerator<string, undefined> {
  let state = start;
  try {
    for await (const event of source) {
      const { state: next, chunks } = encodeUiEvent(state, event);
      state = next;
      if (chunks.length > 0) yield formatUiChunks(chunks);
    }
    // A run that could not begin has no event, and rejects here.
    if ('outcome' in source) await source.outcome();
  } catch (error) {
    yield formatUiChunks([{ type: 'error', errorText: toProblem(error).message }]);
  }
  yield UI_DONE;
}
