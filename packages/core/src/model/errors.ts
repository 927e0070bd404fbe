import { addBrand, hasBrand } from '../base/brand.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { ModelError, type ModelErrorOptions } from '../chat/errors.ts';

/** What a server reports about a request that it refused. */
export interface HttpErrorDetails {
  readonly status: number;
  /** The code of the server, such as `insufficient_quota` or `model_not_found`. */
  readonly serverCode?: string | undefined;
  /** The field of the request that the server refused. */
  readonly param?: string | undefined;
  readonly requestId?: string | undefined;
  /** The wait that the server asks for, in milliseconds after its response. */
  readonly retryAfterMs?: number | undefined;
  /** The first 4096 characters of the body. */
  readonly body?: string | undefined;
}

export interface HttpErrorOptions extends Omit<ModelErrorOptions, 'code'>, HttpErrorDetails {
  readonly isModelLoading?: boolean;
}

/** The server responded with a status other than 2xx. `code` is `http.` and the status: `http.429`. */
export class HttpError extends ModelError implements HttpErrorDetails {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly serverCode: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly body: string | undefined;
  /** Set if the server is still loading its model. */
  readonly isModelLoading?: true;

  constructor(
    message: string,
    { status, serverCode, param, requestId, retryAfterMs, body, isModelLoading = false, ...rest }: HttpErrorOptions,
  ) {
    super(message, { code: `http.${status}`, ...rest });
    this.status = status;
    this.serverCode = serverCode;
    this.param = param;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.body = body;
    if (isModelLoading) this.isModelLoading = true;
    addBrand(this, 'HttpError');
  }

  static override isInstance(error: unknown): error is HttpError {
    return hasBrand(error, 'HttpError');
  }
}

export interface ContextLengthErrorOptions extends Partial<Omit<HttpErrorDetails, 'retryAfterMs'>> {
  readonly cause?: unknown;
}

/** The conversation is longer than the context window of the model. A retry fails unless the conversation is shortened. */
export class ContextLengthError extends ModelError {
  override readonly name = 'ContextLengthError';
  /** Absent if the server reported the error inside a response with status 200. */
  readonly status: number | undefined;
  readonly serverCode: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
  readonly body: string | undefined;

  constructor(message: string, { status, serverCode, param, requestId, body, cause }: ContextLengthErrorOptions = {}) {
    super(message, { code: 'context.too_long', retryable: false, cause });
    this.status = status;
    this.serverCode = serverCode;
    this.param = param;
    this.requestId = requestId;
    this.body = body;
    addBrand(this, 'ContextLengthError');
  }

  static override isInstance(error: unknown): error is ContextLengthError {
    return hasBrand(error, 'ContextLengthError');
  }
}

export interface NetworkErrorOptions extends Omit<ModelErrorOptions, 'code'> {
  readonly code: `network.${string}`;
  readonly address: string;
  readonly phase: NetworkError['phase'];
  readonly staleSocket?: boolean;
}

/**
 * The server could not be reached, or the connection broke.
 *
 * `code` is `network.refused`, `network.reset`, `network.timeout`, `network.unknown_host`, `network.unreachable`,
 * `network.untrusted`, `network.proxy`, `network.dispatcher`, or `network.failed`.
 */
export class NetworkError extends ModelError {
  override readonly name = 'NetworkError';
  /** `host:port`. */
  readonly address: string;
  /** `connect`: no connection was made. `request`: no response arrived. `response`: the response broke off. */
  readonly phase: 'connect' | 'request' | 'response';
  /** Whether the server had closed the kept-alive connection before the request: it never saw the request. */
  readonly staleSocket: boolean;

  constructor(message: string, { address, phase, staleSocket = false, ...options }: NetworkErrorOptions) {
    super(message, options);
    this.address = address;
    this.phase = phase;
    this.staleSocket = staleSocket;
    addBrand(this, 'NetworkError');
  }

  static override isInstance(error: unknown): error is NetworkError {
    return hasBrand(error, 'NetworkError');
  }
}

export interface TimeoutErrorOptions {
  readonly phase: TimeoutError['phase'];
  readonly timeoutMs: number;
  readonly address?: string;
}

/** An attempt took too long. `code` is `timeout.` and the phase: `timeout.first_byte`. */
export class TimeoutError extends ModelError {
  override readonly name = 'TimeoutError';
  /** `connect`: no connection. `first_byte`: no response. `idle`: the response stopped. `attempt`: the response was not complete in time. */
  readonly phase: 'connect' | 'first_byte' | 'idle' | 'attempt';
  readonly timeoutMs: number;
  /** `host:port`, for a model over HTTP. */
  readonly address: string | undefined;

  constructor(message: string, { phase, timeoutMs, address }: TimeoutErrorOptions) {
    super(message, { code: `timeout.${phase}` });
    this.phase = phase;
    this.timeoutMs = timeoutMs;
    this.address = address;
    addBrand(this, 'TimeoutError');
  }

  static override isInstance(error: unknown): error is TimeoutError {
    return hasBrand(error, 'TimeoutError');
  }
}

/** Collects the plain fields of a model error except its name, message and code, for events and logs. */
export function collectModelErrorDetails(error: ModelError): JsonObject {
  const fields: Record<string, Json> = {};
  for (const name of DETAIL_FIELDS) {
    const value: unknown = name in error ? error[name as keyof ModelError] : undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') fields[name] = value;
  }
  return fields;
}

const DETAIL_FIELDS = [
  'retryable',
  'status',
  'serverCode',
  'param',
  'requestId',
  'retryAfterMs',
  'address',
  'phase',
  'staleSocket',
  'timeoutMs',
  'received',
  'failedGeneration',
  'isModelLoading',
] as const;
