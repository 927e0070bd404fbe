import type { Clock } from '../base/clock.ts';
import { Deadline, withDeadline } from '../base/deadline.ts';
import type { JsonObject } from '../base/json.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { Caps } from './caps.ts';
import type { ModelContext } from './chat-model.ts';
import { isContextLength } from './context-length.ts';
import { ContextLengthError, TimeoutError } from './errors.ts';
import { httpError, SHORTEN } from './http-error.ts';
import { networkError } from './network-error.ts';
import { type OpenReply, readReply } from './read-reply.ts';
import { type Redact, redactor } from './secrets.ts';
import { serverMessage } from './server-message.ts';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

export interface Timeouts {
  /** Until there is a connection: DNS, TCP and TLS. Seen on Node only; elsewhere it is part of the next. @defaultValue 10_000 */
  readonly connectMs?: number;
  /** Until the first byte of the reply's body. A model that reasons may be silent before. @defaultValue 300_000 */
  readonly firstByteMs?: number;
  /** Between two pieces of the reply. Stands still while the reader of a run is behind. @defaultValue 60_000 */
  readonly idleMs?: number;
}

/** One request, ready to be sent. */
export interface Outgoing {
  readonly model: string;
  readonly url: string;
  /** `host:port`, for errors. */
  readonly address: string;
  readonly transport: Transport;
  readonly timeouts: Required<Timeouts>;
  readonly caps: Required<Caps>;
  /** Asked for once: a token may have to be fetched. Names in lower case. */
  headers(): Promise<Readonly<Record<string, string>>>;
  readonly body: string;
  /** Part of the body; may hold secrets. */
  readonly extraBody: JsonObject | undefined;
}

/** Sends a request and reads the reply: exactly one attempt. On any end but a reply the connection is closed. */
export async function sendRequest(outgoing: Outgoing, context: ModelContext): Promise<ChatReply> {
  const headers = await within(() => outgoing.headers(), { outgoing, context });
  const redact = redactor({ headers, url: outgoing.url, extraBody: outgoing.extraBody });
  const controller = new AbortController();
  try {
    const sending: Sending = { outgoing, context, headers, redact, controller };
    const opened = await within(() => open(sending), { outgoing, context });
    return await readReply(opened, {
      context,
      caps: outgoing.caps,
      idleMs: outgoing.timeouts.idleMs,
      timeoutError: () => timeoutError('idle', outgoing),
      close: () => controller.abort(),
    });
  } catch (error) {
    controller.abort(error);
    throw translated(error, { outgoing, redact });
  }
}

interface Surroundings {
  readonly outgoing: Outgoing;
  readonly context: ModelContext;
}

function within<T>(work: () => Promise<T>, { outgoing, context: { clock, signal } }: Surroundings): Promise<T> {
  const timeoutMs = outgoing.timeouts.firstByteMs;
  return withDeadline(work, { clock, signal, timeoutMs, timeoutError: () => timeoutError('first_byte', outgoing) });
}

function timeoutError(phase: 'connect' | 'first_byte' | 'idle', { address, timeouts }: Outgoing): TimeoutError {
  const { option, what } = WAITS[phase];
  const timeoutMs = timeouts[option];
  const message = `${address} ${what} ${timeoutMs / 1000} s. If it is only slow, raise timeouts.${option}.`;
  return new TimeoutError(message, { phase, timeoutMs, address });
}

const WAITS = {
  connect: { option: 'connectMs', what: 'could not be connected to for' },
  first_byte: { option: 'firstByteMs', what: 'sent nothing for' },
  idle: { option: 'idleMs', what: 'sent nothing more for' },
} as const;

interface Sending extends Surroundings {
  readonly headers: Readonly<Record<string, string>>;
  readonly redact: Redact;
  readonly controller: AbortController;
}

/** As far as the first bytes of a reply that is not an error. */
async function open({ outgoing, context, headers, redact, controller }: Sending): Promise<OpenReply> {
  const { transport, body, model, address } = outgoing;
  const { signal } = controller;
  const { end, ...told } = connecting(outgoing, { context, controller });
  const reply = await transport({ headers, body, signal, ...told }).finally(end);
  if (reply.status >= 200 && reply.status < 300) {
    const chunks = reply.body[Symbol.asyncIterator]();
    return { contentType: reply.header('content-type'), first: await chunks.next(), chunks };
  }
  const refusal = {
    status: reply.status,
    header: (name: string) => reply.header(name),
    body: await startOf(reply, context.clock),
  };
  throw httpError(refusal, { model, address, now: context.clock.now(), redact });
}

/** A deadline of its own for the connection. */
function connecting(
  outgoing: Outgoing,
  { context, controller }: Pick<Sending, 'context' | 'controller'>,
): Pick<HttpRequest, 'onConnecting' | 'onConnected'> & { readonly end: () => void } {
  let deadline: Deadline | undefined;
  return {
    onConnecting() {
      const expire = (): void => controller.abort(timeoutError('connect', outgoing));
      deadline = new Deadline(context.clock, outgoing.timeouts.connectMs, expire);
    },
    onConnected: () => deadline?.end(),
    // There may never be a connection.
    end: () => deadline?.end(),
  };
}

/** More than an error keeps, so that nothing secret is cut in two before it is taken out. */
async function startOf({ body }: HttpReply, clock: Clock): Promise<string> {
  const decoder = new TextDecoder();
  const chunks = body[Symbol.asyncIterator]();
  const over = Promise.withResolvers<undefined>();
  // The status says enough: its words may come slowly, break off, or never end.
  const deadline = new Deadline(clock, REFUSAL_MS, () => over.resolve(undefined));
  let text = '';
  try {
    while (text.length < 8192) {
      const result = await Promise.race([chunks.next(), over.promise]);
      if (result === undefined || result.done === true) break;
      text += decoder.decode(result.value, { stream: true });
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  } finally {
    deadline.end();
  }
  return text + decoder.decode();
}

const REFUSAL_MS = 5_000;

interface Translating {
  readonly outgoing: Outgoing;
  readonly redact: Redact;
}

/** What leaves this room: a `ModelError` without secrets; or the very reason of an abort, or what a listener threw. */
function translated(error: unknown, { outgoing: { address }, redact }: Translating): unknown {
  if (error instanceof TransportError) return networkError(error, { address, redact });
  if (!(error instanceof ProtocolError)) return error;
  const received = error.received === undefined ? undefined : redact(error.received);
  const message = redact(error.message);
  if (error.code === 'reply.error' && isContextLength({ ...serverMessage(received ?? ''), message })) {
    return new ContextLengthError(`${message} ${SHORTEN}`, { body: received });
  }
  if (received === error.received && message === error.message) return error;
  const code = error.code as `reply.${string}`; // The only codes that it can be made with.
  return new ProtocolError(message, { code, retryable: error.retryable, ...(received !== undefined && { received }) });
}
