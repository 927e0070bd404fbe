import type { RequestContext } from '../context.ts';
import type { Cursor } from '../runs/cursor.ts';
import type { RunReader } from '../runs/run-reader.ts';
import { type StreamOptions, streamResponse } from './stream-response.ts';

/** How a face writes the events of a run. */
export interface StreamedFace extends Pick<StreamOptions, 'encode' | 'end' | 'fail' | 'headers' | 'keepAlive'> {
  readonly runId: string;
  readonly after?: Cursor;
}

/**
 * Streams a run to the client of a request: counts the stream and the client, and ends both with the client.
 *
 * @param describe - returns how the events are written; gets the reader, whose `cursor` is the place behind the event at hand
 * @throws HttpProblem 429
 */
export function openStream(
  { request, runs, owner, settings, streams, setRun }: RequestContext,
  { runId, after }: Pick<StreamedFace, 'runId' | 'after'>,
  describe: (reader: RunReader) => Omit<StreamedFace, 'runId' | 'after'>,
): Response {
  const leave = streams.enter(owner);
  const release = runs.hold(runId);
  const stop = new AbortController();
  setRun(runId);
  const signals = [stop.signal, request.signal];
  const reader = runs.read(runId, { signals, ...(after !== undefined && { after }) });
  return streamResponse({
    ...describe(reader),
    reader,
    stop: () => stop.abort(),
    onClose: () => {
      release();
      leave();
    },
    clock: settings.clock,
  });
}
