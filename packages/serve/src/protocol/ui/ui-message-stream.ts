import type { Run, RunEvent } from '@pawl/core';
import { toProblem } from '../outcome-problem.ts';
import { formatServerSentEvent, KEEP_ALIVE, STREAM_HEADERS } from '../server-sent-events.ts';
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
  const chunks = encodeUiEvents(source, createUiState(options));
  const encoder = new TextEncoder();
  let keepAlive: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      keepAlive = setInterval(() => controller.enqueue(encoder.encode(KEEP_ALIVE)), KEEP_ALIVE_MS);
    },
    async pull(controller) {
      const { done, value } = await chunks.next();
      controller.enqueue(encoder.encode(done === true ? UI_DONE : formatUiChunks(value)));
      if (done !== true) return;
      clearInterval(keepAlive);
      controller.close();
    },
    async cancel() {
      clearInterval(keepAlive);
      await chunks.return(undefined);
    },
  });
  return new Response(body, { headers: UI_HEADERS });
}

/** How often a stream without chunks sends a comment. */
const KEEP_ALIVE_MS = 15_000;

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
): AsyncGenerator<readonly UiChunk[], undefined> {
  let state = start;
  try {
    for await (const event of source) {
      const { state: next, chunks } = encodeUiEvent(state, event);
      state = next;
      if (chunks.length > 0) yield chunks;
    }
    // A run that could not begin has no event, and rejects here.
    if ('outcome' in source) await source.outcome();
  } catch (error) {
    yield [{ type: 'error', errorText: toProblem(error).message }];
  }
}
