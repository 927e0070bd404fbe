import { Cancellation, LazySignal } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { Deadline, withDeadline } from '../base/deadline.ts';
import type { JsonObject } from '../base/json.ts';
import type { OptionTable } from '../base/options.ts';
import { ProtocolError } from '../chat/errors.ts';
import { createFilteredResponse, FILTERED_PATH } from '../chat/filtered-response.ts';
import { ReportedError } from '../chat/read-error.ts';
import type { ChatResponse, Repair } from '../chat/response.ts';
import type { FinishedResponse, ResponseReaderOptions } from '../chat/response-reader.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { TimeoutError } from '../model/errors.ts';
import type { BodyBytes } from './body-bytes.ts';
import type { ResponseLimits } from './caps.ts';
import { type HttpErrorContext, readRefusal } from './http-error.ts';
import { networkError } from './network-error.ts';
import { type BodyReader, parseExternalResult } from './read-reply.ts';
import { reportedError } from './reported-error.ts';
import { type Redact, redactor } from './secrets.ts';
import {
  type HttpRequest,
  type HttpResponse,
  type Sink,
  type Transport,
  TransportError,
} from './transport/transport.ts';

export interface Timeouts {
  /** Until there is a connection: DNS, TCP and TLS. Seen on Node only; elsewhere it is part of the next. @defaultValue 10_000 */
  readonly connectMs?: number;
  /** Until the first byte of the reply's body. A model that reasons may be silent before. @defaultValue 300_000 */
  readonly firstByteMs?: number;
  /** Between two pieces of the reply. Stands still while the reader of a run is behind. @defaultValue 60_000 */
  readonly idleMs?: number;
}

export const TIMEOUTS: OptionTable<Timeouts> = {
  keys: { connectMs: 'number', firstByteMs: 'number', idleMs: 'number' },
  hints: {
    requestMs: 'A whole attempt has the time of the agent: retry: { attemptTimeoutMs }.',
    totalMs: 'A whole attempt has the time of the agent: retry: { attemptTimeoutMs }.',
    attemptMs: 'A whole attempt has the time of the agent: retry: { attemptTimeoutMs }.',
  },
};

/** One request, ready to be sent. */
export interface Outgoing {
  readonly model: string;
  readonly url: string;
  /** `host:port`, for errors. */
  readonly address: string;
  readonly transport: Transport;
  readonly timeouts: Required<Timeouts>;
  readonly caps: Required<ResponseLimits>;
  /** What the request says about how its response is read. */
  readonly reading: Omit<ResponseReaderOptions, 'maxCalls'>;
  /** Asked for once: a token may have to be fetched. Names in lower case. */
  headers(): HeadersOf | Promise<HeadersOf>;
  readonly body: BodyBytes;
  /** Part of the body; may hold secrets. */
  readonly extraBody: JsonObject | undefined;
  /** Reads what only request and response together say. */
  review(finished: FinishedResponse): FinishedResponse;
}

type HeadersOf = Readonly<Record<string, string>>;

/** Sends a request and reads the reply: exactly one attempt. On any end but a reply the connection is closed. */
export function sendRequest(outgoing: Outgoing, context: ModelContext): Promise<ChatResponse> {
  const sending = new Sending(outgoing, context);
  const sent = withDeadline(({ deadline }) => sending.exchange(deadline), {
    clock: context.clock,
    signal: LazySignal.getSource(context),
    timeoutMs: outgoing.timeouts.firstByteMs,
    timeoutError: () => sending.timeoutError(),
  });
  return sent.catch((error: unknown) => sending.ended(error));
}

/** One attempt under way. */
class Sending {
  readonly #outgoing: Outgoing;
  readonly #context: ModelContext;
  readonly #cancel = new Cancellation();
  #headers: HeadersOf = {};
  /** Until there is a connection. */
  #connecting: Deadline | undefined;
  /** Once the first bytes of a reply are there. */
  #reading: BodyReader | undefined;

  constructor(outgoing: Outgoing, context: ModelContext) {
    this.#outgoing = outgoing;
    this.#context = context;
  }

  async exchange(deadline: Deadline): Promise<ChatResponse> {
    const { transport, body, headers, timeouts, caps, reading: asked } = this.#outgoing;
    const given = headers();
    this.#headers = given instanceof Promise ? await given : given;
    const reply = await transport(this.#request(body));
    this.#connecting?.end();
    if (reply.status < 200 || reply.status >= 300) return await this.#refused(reply);
    const onFirst = (reader: BodyReader): void => {
      this.#reading = reader;
    };
    const close = (): void => this.#cancel.cancel(undefined);
    const reading = { context: this.#context, caps, asked, deadline, idleMs: timeouts.idleMs, onFirst, close };
    return this.#finished(await parseExternalResult(reply, reading));
  }

  timeoutError(): TimeoutError {
    return timeoutError(this.#reading === undefined ? 'first_byte' : 'idle', this.#outgoing);
  }

  /** Some servers leave the connection open instead of ending the stream: what was complete before is a reply. */
  ended(error: unknown): ChatResponse {
    this.#cancel.cancel(error);
    this.#connecting?.end(); // There may never have been a connection.
    const finished = TimeoutError.isInstance(error) ? this.#reading?.finishedBefore() : undefined;
    this.#reading?.stop();
    if (finished !== undefined) return this.#finished(finished);
    throw translated(error, this.#outgoing, { redact: this.#redact, now: this.#context.clock.now() });
  }

  /** All is read: a reader who is behind holds up nothing. A repair quotes the server's words only where a filter ended the reply. */
  #finished(finished: FinishedResponse): ChatResponse {
    const { response: reply, repairs: mends, deltas } = this.#outgoing.review(finished);
    for (const delta of deltas) void this.#context.onDelta(delta);
    if (mends.length > 0) this.#context.onRepaired(this.#withoutSecrets(mends));
    return reply;
  }

  #withoutSecrets(mends: readonly Repair[]): readonly Repair[] {
    if (!mends.some(({ path }) => path === FILTERED_PATH)) return mends;
    const redact = this.#redact;
    return mends.map(({ path, note }) => ({ path, note: redact(note) }));
  }

  get #redact(): Redact {
    const { url, extraBody } = this.#outgoing;
    return redactor({ headers: this.#headers, url, extraBody });
  }

  #request(body: BodyBytes): HttpRequest {
    return {
      headers: this.#headers,
      body,
      cancel: this.#cancel,
      onConnecting: () => {
        const expire = (): void => this.#cancel.cancel(timeoutError('connect', this.#outgoing));
        this.#connecting = new Deadline(this.#context.clock, this.#outgoing.timeouts.connectMs, expire);
      },
      onConnected: () => {
        this.#connecting?.end();
        this.#connecting = undefined;
      },
    };
  }

  /** @throws ModelError, except for a prompt that a filter stopped. */
  async #refused(reply: HttpResponse): Promise<ChatResponse> {
    const { model, address } = this.#outgoing;
    const { clock } = this.#context;
    const refusal = {
      status: reply.status,
      header: (name: string) => reply.header(name),
      body: await startOf(reply, clock),
    };
    const refused = readRefusal(refusal, { model, address, now: clock.now(), redact: this.#redact });
    if (refused.type === 'error') throw refused.error;
    this.#cancel.cancel(undefined); // What was not read of the body is not waited for.
    return this.#finished(createFilteredResponse(refused.statement));
  }
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

/** More than an error keeps, so that nothing secret is cut in two before it is taken out. */
function startOf(reply: HttpResponse, clock: Clock): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      deadline.end();
      resolve(text + decoder.decode());
    };
    // The status says enough: its words may come slowly, break off, or never end.
    const deadline = new Deadline(clock, REFUSAL_MS, finish);
    const sink: Sink = (bytes) => {
      text += decoder.decode(bytes, { stream: true });
      if (text.length >= MAX_REFUSAL) finish();
      return undefined;
    };
    reply.read(sink).then(finish, (error: unknown) => {
      if (error instanceof TransportError) return finish();
      deadline.end();
      reject(error);
    });
  });
}

const REFUSAL_MS = 5_000;

/** A refusal may hold all that the model wrote. */
const MAX_REFUSAL = 64 * 1024;

/** What leaves this room: a `ModelError` without secrets; or the very reason of an abort, or what a listener threw. */
function translated(
  error: unknown,
  { address }: Outgoing,
  { redact, now }: Pick<HttpErrorContext, 'redact' | 'now'>,
): unknown {
  if (error instanceof TransportError) return networkError(error, { address, redact });
  if (!ProtocolError.isInstance(error)) return error;
  const received = error.received === undefined ? undefined : redact(error.received);
  if (error instanceof ReportedError) return reportedError(error, { received, redact, now });
  const message = redact(error.message);
  if (received === error.received && message === error.message) return error;
  const code = error.code as `response.${string}`; // The only codes that it can be made with.
  return new ProtocolError(message, { code, retryable: error.retryable, ...(received !== undefined && { received }) });
}
