import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '@pawl/core';
import type { RecordedRequest } from '../script/recorded-request.ts';
import type { ResponseAction } from './response-actions.ts';

export interface PerformActionsOptions {
  readonly response: ServerResponse;
  readonly received: RecordedRequest;
  readonly clock: Clock;
  /** Before each write after the first. */
  readonly delayMs: number;
  /** Aborted when the client has gone or the server closes. */
  readonly signal: AbortSignal;
}

/** Does the acts one after the other, at the client's pace; stops where the signal is aborted. */
export async function performActions(
  acts: readonly ResponseAction[],
  { response, received, signal, clock, delayMs }: PerformActionsOptions,
): Promise<void> {
  // However a wait ends, whether to go on is asked of the signal.
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

/** Until all that was sent has left this process; destroying a socket drops the rest. */
function flushResponse(response: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => {
    if (response.headersSent) response.write('', resolve);
    else resolve(undefined);
  });
}
