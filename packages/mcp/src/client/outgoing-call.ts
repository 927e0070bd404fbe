import { AsyncLocalStorage } from 'node:async_hooks';
import type { ToolContext } from '@pawl/core';
import type { JSONRPCMessage, Sdk, Transport, TransportSendOptions } from '../sdk.ts';
import { NotSentError } from './child-transport.ts';

/** A `tools/call` on its way. The SDK says neither whether a failed request left this process, nor which call a request belongs to. */
export class OutgoingCall {
  /** Whether the server may have got the request. */
  isSent = false;
  /** Whether the request named a session of the server. */
  hasSession = false;
  readonly toolContext: ToolContext;
  readonly #lost: PromiseWithResolvers<never> = Promise.withResolvers<never>();

  constructor(toolContext: ToolContext) {
    this.toolContext = toolContext;
    this.#lost.promise.catch(() => {}); // A call that has ended awaits it no longer.
  }

  /** Rejects if the response can no longer arrive. The SDK would wait until its timeout. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  markLost(): void {
    this.#lost.reject(new ResponseLostError());
  }
}

/** The server closed the stream of a response before the response. */
export class ResponseLostError extends Error {
  override readonly name = 'ResponseLostError';

  constructor() {
    super('The server closed the connection before it responded.');
  }
}

/** The call whose request is being sent, known to the transport and to `fetch`. */
export const currentCall: AsyncLocalStorage<OutgoingCall> = new AsyncLocalStorage();

/** Makes a transport report to calls what becomes of their requests. */
export function trackCalls(transport: Transport, sdk: Pick<Sdk, 'SdkHttpError'>): Transport {
  const pending = new Map<unknown, OutgoingCall>();
  watchResponses(transport, (id) => pending.delete(id));
  const send = transport.send.bind(transport);
  transport.send = async (message: JSONRPCMessage, options?: TransportSendOptions) => {
    const call = currentCall.getStore();
    if (call === undefined || !('method' in message) || message.method !== 'tools/call') return send(message, options);
    const id = 'id' in message ? message.id : undefined;
    pending.set(id, call);
    call.isSent = true;
    call.hasSession = transport.sessionId !== undefined;
    const onRequestStreamEnd = (): void => {
      if (pending.delete(id)) call.markLost();
    };
    try {
      await send(message, { ...options, onRequestStreamEnd });
    } catch (error) {
      pending.delete(id);
      if (isRefusal(error, sdk)) call.isSent = false;
      throw error;
    }
  };
  return transport;
}

/** Calls `onResponse` before the SDK gets a response. */
function watchResponses(transport: Transport, onResponse: (id: unknown) => void): void {
  let handler: Transport['onmessage'];
  const watch: NonNullable<Transport['onmessage']> = (message, extra) => {
    if (!('method' in message)) onResponse(message.id);
    handler?.(message, extra);
  };
  Object.defineProperty(transport, 'onmessage', {
    get: () => (handler === undefined ? undefined : watch),
    set: (value: Transport['onmessage']) => {
      // The SDK replaces the handler; `watch` stays around the new one.
      handler = value;
    },
  });
}

/** Whether the request certainly had no effect: no connection came about, or the server refused it. */
function isRefusal(error: unknown, { SdkHttpError }: Pick<Sdk, 'SdkHttpError'>): boolean {
  if (error instanceof NotSentError) return true;
  if (SdkHttpError.isInstance(error)) return error.status >= 400 && error.status < 500 && error.status !== 408;
  if (!(error instanceof Error)) return false;
  if (error.name === 'UnauthorizedError') return true;
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'code' in cause && UNCONNECTED.has(String(cause.code));
}

/** Codes of errors that come before the first byte is written. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
