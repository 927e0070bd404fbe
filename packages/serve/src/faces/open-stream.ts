import type { RequestContext } from '../context.ts';
import type { Cursor } from '../runs/cursor.ts';
import type { RunReader } from '../runs/run-reader.ts';
import { type StreamOptions, streamResponse } from './stream-response.ts';

/**
 * Streams a run to the client of a request: counts the stream and the client, and ends both with the client.
 *
 * @param describe - returns how a face writes the events; the `cursor` of the reader is the place after the event that is written
 * @throws HttpProblem 429
 */
export function openStream(
  { request, runs, owner, settings, streams, setRun }: RequestContext,
  { runId, after }: { readonly runId: string; readonly after?: Cursor },
  describe: (reader: RunReader) => Pick<StreamOptions, 'encode' | 'end' | 'fail' | 'headers' | 'keepAlive'>,
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
