import { Cancellation, LazySignal } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { Deadline, withDeadline } from '../base/deadline.ts';
import type { JsonObject } from '../base/json.ts';
import type { OptionTable } from '../base/options.ts';
import { ProtocolError } from '../chat/errors.ts';
import { createFilteredResponse, FILTERED_PATH } from '../chat/filtered-response.ts';
import { ReportedError } from '../chat/read-error.ts';
import type { ChatResponse, Repair } from '../chat/response.ts';
import type { FinishedResponse, PieceReader } from '../chat/response-reader.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { TimeoutError } from '../model/errors.ts';
import type { BodyBytes } from './body-bytes.ts';
import { type HttpErrorContext, readHttpError } from './http-error.ts';
import { createNetworkError } from './network-error.ts';
import { type BodyReader, readResponse } from './read-response.ts';
import { createReportedError } from './reported-error.ts';
import type { Headers } from './request-headers.ts';
import type { ResponseLimits } from './response-limits.ts';
import { createRedactor, type Redact } from './secrets.ts';
import {
  type HttpRequest,
  type HttpResponse,
  type Sink,
  type Transport,
  TransportError,
} from './transport/transport.ts';
import { WireTap, type WireTapOptions } from './wire-tap.ts';

export interface Timeouts {
  /** Time to connect: DNS, TCP and TLS. Applies on Node only; elsewhere `firstByteMs` includes it. @defaultValue 10_000 */
  readonly connectMs?: number;
  /** Time to the first byte of the response body. A model may reason before it sends anything. @defaultValue 300_000 */
  readonly firstByteMs?: number;
  /** Time between two chunks of the response. Does not count the time in which the reader of the run is behind. @defaultValue 60_000 */
  readonly idleMs?: number;
}

const ATTEMPT_TIMEOUT = 'The timeout of a whole attempt is an option of the agent: retry: { attemptTimeoutMs }.';

export const TIMEOUTS: OptionTable<Timeouts> = {
  keys: { connectMs: 'number', firstByteMs: 'number', idleMs: 'number' },
  hints: {
    requestMs: ATTEMPT_TIMEOUT,
    totalMs: ATTEMPT_TIMEOUT,
    attemptMs: ATTEMPT_TIMEOUT,
  },
};

/** A request to send, and how to read its response. */
export interface OutgoingRequest {
  readonly model: string;
  readonly url: string;
  /** `host:port`, for errors. */
  readonly address: string;
  readonly transport: Transport;
  readonly timeouts: Required<Timeouts>;
  readonly responseLimits: Required<ResponseLimits>;
  /** Reads the response. */
  readonly reader: PieceReader;
  /** Called once per attempt, since it may fetch a token. Names in lower case. */
  getHeaders(): Headers | Promise<Headers>;
  /** Those of the trace context. */
  readonly traceHeaders: Headers | undefined;
  /** Builds the headers that Pawl itself sets, without the key and those of the user. */
  buildKnownHeaders(): Headers;
  readonly body: BodyBytes;
  /** A part of the body, which may contain secrets. */
  readonly extraBody: JsonObject | undefined;
  /** Corrects what only the request and the response together show. */
  review(finished: FinishedResponse): FinishedResponse;
}

/** Makes one attempt: sends the request and reads the response. Closes the connection unless there is a complete response. */
export function sendRequest(outgoing: OutgoingRequest, context: ModelContext): Promise<ChatResponse> {
  const attempt = new RequestAttempt(outgoing, context);
  const response = withDeadline(({ deadline }) => attempt.send(deadline), {
    clock: context.clock,
    signal: LazySignal.getSource(context),
    timeoutMs: outgoing.timeouts.firstByteMs,
    timeoutError: () => attempt.createTimeoutError(),
  });
  return response.catch((error: unknown) => attempt.handleError(error));
}

class RequestAttempt {
  readonly #outgoing: OutgoingRequest;
  readonly #context: ModelContext;
  readonly #cancel = new Cancellation();
  #headers: Headers = {};
  /** Set while the transport connects. */
  #connectDeadline: Deadline | undefined;
  /** Set when the first bytes of the body arrive. */
  #reader: BodyReader | undefined;
  /** Absent if nothing logs the bytes. */
  #tap: WireTap | undefined;

  constructor(outgoing: OutgoingRequest, context: ModelContext) {
    this.#outgoing = outgoing;
    this.#context = context;
  }

  async send(deadline: Deadline): Promise<ChatResponse> {
    const { transport, body, timeouts, responseLimits: limits, reader } = this.#outgoing;
    const headers = this.#outgoing.getHeaders();
    this.#headers = headers instanceof Promise ? await headers : headers;
    if (this.#context.wireLog !== undefined)
      this.#tap = new WireTap(this.#context.wireLog, this.#context, this.#describeWire());
    const received = await transport(this.#createHttpRequest(body));
    const response = this.#tap === undefined ? received : this.#tap.wrapResponse(received);
    this.#connectDeadline?.end();
    if (response.status < 200 || response.status >= 300) return await this.#readError(response);
    const onStart = (reader: BodyReader): void => {
      this.#reader = reader;
    };
    const close = (): void => this.#cancel.cancel(undefined);
    const { idleMs } = timeouts;
    const options = { context: this.#context, limits, reader, deadline, idleMs, onStart, close };
    return this.#finish(await readResponse(response, options));
  }

  createTimeoutError(): TimeoutError {
    return createTimeoutError(this.#reader === undefined ? 'first_byte' : 'idle', this.#outgoing);
  }

  /** Returns the response if it was already complete: some servers leave the connection open after the last event of a stream. */
  handleError(error: unknown): ChatResponse {
    this.#cancel.cancel(error);
    this.#connectDeadline?.end();
    const finished = TimeoutError.isInstance(error) ? this.#reader?.finishEarly() : undefined;
    this.#reader?.stop();
    if (finished !== undefined) return this.#finish(finished);
    const translated = translateError(error, this.#outgoing, { redact: this.#redact, now: this.#context.clock.now() });
    this.#tap?.end({ error: translated });
    throw translated;
  }

  /** Does not wait for a reader that is behind, since nothing is left to read. */
  #finish(finished: FinishedResponse): ChatResponse {
    this.#tap?.end();
    const { response, repairs, deltas } = this.#outgoing.review(finished);
    for (const delta of deltas) void this.#context.onDelta(delta);
    if (repairs.length > 0) this.#context.onRepaired(this.#withoutSecrets(repairs));
    return response;
  }

  /** Only the repair of a filtered response quotes the server. */
  #withoutSecrets(repairs: readonly Repair[]): readonly Repair[] {
    if (!repairs.some(({ path }) => path === FILTERED_PATH)) return repairs;
    const redact = this.#redact;
    return repairs.map(({ path, note }) => ({ path, note: redact(note) }));
  }

  get #redact(): Redact {
    const { url, extraBody } = this.#outgoing;
    return createRedactor({ headers: this.#headers, url, extraBody });
  }

  #describeWire(): WireTapOptions {
    const { url, extraBody, body } = this.#outgoing;
    return { headers: this.#headers, knownHeaders: this.#outgoing.buildKnownHeaders(), url, extraBody, body };
  }

  #createHttpRequest(body: BodyBytes): HttpRequest {
    const tap = this.#tap;
    return {
      headers: this.#headers,
      traceHeaders: this.#outgoing.traceHeaders,
      body,
      cancel: this.#cancel,
      onConnecting: () => {
        const expire = (): void => this.#cancel.cancel(createTimeoutError('connect', this.#outgoing));
        this.#connectDeadline = new Deadline(this.#context.clock, this.#outgoing.timeouts.connectMs, expire);
      },
      onConnected: () => {
        this.#connectDeadline?.end();
        this.#connectDeadline = undefined;
      },
      onSend: tap && ((headers) => tap.recordRequest(headers)),
    };
  }

  /** @throws ModelError, except for a prompt that a filter stopped. */
  async #readError(response: HttpResponse): Promise<ChatResponse> {
    const { model, address } = this.#outgoing;
    const { clock } = this.#context;
    const errorResponse = {
      status: response.status,
      getHeader: (name: string) => response.getHeader(name),
      body: await readBodyStart(response, clock),
    };
    const result = readHttpError(errorResponse, { model, address, now: clock.now(), redact: this.#redact });
    if (result.type === 'error') throw result.error;
    this.#cancel.cancel(undefined); // Nothing reads the rest of the body.
    return this.#finish(createFilteredResponse(result.statement));
  }
}

function createTimeoutError(
  phase: 'connect' | 'first_byte' | 'idle',
  { address, timeouts }: OutgoingRequest,
): TimeoutError {
  const { option, what } = TIMEOUT_TEXTS[phase];
  const timeoutMs = timeouts[option];
  const message = `${address} ${what} ${timeoutMs / 1000} s. If the server is only slow, raise timeouts.${option}.`;
  return new TimeoutError(message, { phase, timeoutMs, address });
}

const TIMEOUT_TEXTS = {
  connect: { option: 'connectMs', what: 'did not accept a connection for' },
  first_byte: { option: 'firstByteMs', what: 'sent nothing for' },
  idle: { option: 'idleMs', what: 'sent nothing more for' },
} as const;

/** Reads more than an error keeps: a secret that is cut in two would not be redacted. */
function readBodyStart(response: HttpResponse, clock: Clock): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      deadline.end();
      resolve(text + decoder.decode());
    };
    // The status is known: a body that is slow, breaks off or never ends must not delay the error.
    const deadline = new Deadline(clock, ERROR_BODY_TIMEOUT_MS, finish);
    const receive: Sink = (bytes) => {
      text += decoder.decode(bytes, { stream: true });
      if (text.length >= MAX_ERROR_BODY_LENGTH) finish();
      return undefined;
    };
    response.read(receive).then(finish, (error: unknown) => {
      if (error instanceof TransportError) return finish();
      deadline.end();
      reject(error);
    });
  });
}

const ERROR_BODY_TIMEOUT_MS = 5_000;

/** In characters. Some servers quote everything that the model generated. */
const MAX_ERROR_BODY_LENGTH = 64 * 1024;

/** Returns a `ModelError` without secrets. The reason of an abort and errors of listeners stay the same object. */
function translateError(
  error: unknown,
  { address }: OutgoingRequest,
  { redact, now }: Pick<HttpErrorContext, 'redact' | 'now'>,
): unknown {
  if (error instanceof TransportError) return createNetworkError(error, { address, redact });
  if (!ProtocolError.isInstance(error)) return error;
  const received = error.received === undefined ? undefined : redact(error.received);
  if (error instanceof ReportedError) return createReportedError(error, { received, redact, now });
  const message = redact(error.message);
  if (received === error.received && message === error.message) return error;
  const code = error.code as `response.${string}`; // A `ProtocolError` has no other codes.
  return new ProtocolError(message, { code, retryable: error.retryable, ...(received !== undefined && { received }) });
}
