import { withDeadline } from '../base/deadline.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ModelContext } from './chat-model.ts';
import { isContextLength } from './context-length.ts';
import { ContextLengthError, TimeoutError } from './errors.ts';
import { httpError, SHORTEN } from './http-error.ts';
import { networkError } from './network-error.ts';
import { type OpenReply, readReply } from './read-reply.ts';
import { type Redact, redactor } from './secrets.ts';
import { serverMessage } from './server-message.ts';
import { type HttpReply, type Transport, TransportError } from './transport.ts';

export interface Timeouts {
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
  /** Asked for once: a token may have to be fetched. Names in lower case. */
  headers(): Promise<Readonly<Record<string, string>>>;
  readonly body: string;
}

/** Sends a request and reads the reply: exactly one attempt. On any end but a reply the connection is closed. */
export async function sendRequest(outgoing: Outgoing, context: ModelContext): Promise<ChatReply> {
  const headers = await within(() => outgoing.headers(), { outgoing, context });
  const redact = redactor({ headers, url: outgoing.url });
  const controller = new AbortController();
  try {
    const sending: Sending = { outgoing, context, headers, redact, signal: controller.signal };
    const opened = await within(() => open(sending), { outgoing, context });
    return await readReply(opened, {
      context,
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

function timeoutError(phase: 'first_byte' | 'idle', { address, timeouts }: Outgoing): TimeoutError {
  const [option, what] =
    phase === 'idle' ? (['idleMs', 'nothing more'] as const) : (['firstByteMs', 'nothing'] as const);
  const timeoutMs = timeouts[option];
  const message = `${address} sent ${what} for ${timeoutMs / 1000} s. If it is only slow, raise timeouts.${option}.`;
  return new TimeoutError(message, { phase, timeoutMs, address });
}

interface Sending extends Surroundings {
  readonly headers: Readonly<Record<string, string>>;
  readonly redact: Redact;
  readonly signal: AbortSignal;
}

/** As far as the first bytes of a reply that is not an error. */
async function open({ outgoing, context, headers, redact, signal }: Sending): Promise<OpenReply> {
  const { transport, url, body, model, address } = outgoing;
  const reply = await transport({ url, headers, body, signal });
  if (reply.status >= 200 && reply.status < 300) {
    const chunks = reply.body[Symbol.asyncIterator]();
    return { contentType: reply.header('content-type'), first: await chunks.next(), chunks };
  }
  const refusal = { status: reply.status, header: (name: string) => reply.header(name), body: await startOf(reply) };
  throw httpError(refusal, { model, address, now: context.clock.now(), redact });
}

/** More than an error keeps, so that nothing secret is cut in two before it is taken out. */
async function startOf({ body }: HttpReply): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length >= 8192) break;
    }
  } catch (error) {
    // The status says enough, also where the words about it broke off.
    if (!(error instanceof TransportError)) throw error;
  }
  return text + decoder.decode();
}

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
