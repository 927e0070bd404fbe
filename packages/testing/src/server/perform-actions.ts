import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '@pawl/core';
import type { RecordedRequest } from '../script/recorded-request.ts';
import type { ResponseAction } from './response-actions.ts';

export interface PerformActionsOptions {
  readonly response: ServerResponse;
  readonly received: RecordedRequest;
  readonly clock: Clock;
  /** The delay before each write after the first. */
  readonly delayMs: number;
  /** Aborted when the client disconnects or the server closes. */
  readonly signal: AbortSignal;
}

/** Performs the actions in order, at the client's pace, until the signal is aborted. */
export async function performActions(
  acts: readonly ResponseAction[],
  { response, received, signal, clock, delayMs }: PerformActionsOptions,
): Promise<void> {
  // A rejected wait needs no handling: the loop checks the signal.
  let writes = 0;
  for (const act of acts) {
    if (signal.aborted) return;
    switch (act.type) {
      case 'head':
        response.writeHead(act.status, act.headers).flushHeaders();
        break;
      case 'write':
        if (writes++ > 0 && delayMs > 0) await Promise.allSettled([clock.sleep(delayMs, signal)]);
        if (!response.write(act.body)) await Promise.allSettled([once(response, 'drain', { signal })]);
        break;
      case 'wait':
        await Promise.allSettled([Promise.race([waitForAbort(signal), act.until ?? waitForAbort(signal)])]);
        break;
      case 'by-hand':
        await act.answer(response, received);
        break;
      case 'end':
        response.end();
        break;
      case 'destroy':
        await flushResponse(response);
        response.socket?.destroy();
        break;
    }
  }
}

function waitForAbort(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** Waits until all data has left this process: destroying a socket drops the rest. */
function flushResponse(response: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => {
    if (response.headersSent) response.write('', resolve);
    else resolve(undefined);
  });
}
