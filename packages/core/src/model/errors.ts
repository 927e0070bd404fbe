import { addBrand, hasBrand } from '../base/brand.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { ModelError, type ModelErrorOptions } from '../chat/errors.ts';

/** What a server says about a request that it refuses. */
export interface ServerWords {
  readonly status: number;
  /** The server's own code: `insufficient_quota`, `model_not_found`. */
  readonly serverCode?: string | undefined;
  /** The request's field that the server objects to. */
  readonly param?: string | undefined;
  readonly requestId?: string | undefined;
  /** When the server wants to be asked again, in milliseconds from its reply. */
  readonly retryAfterMs?: number | undefined;
  /** At most 4 KiB. */
  readonly body?: string | undefined;
}

export interface HttpErrorOptions extends Omit<ModelErrorOptions, 'code'>, ServerWords {
  readonly isModelLoading?: boolean;
}

/** The server answered with a status other than 2xx. Its `code` is `http.` with the status: `http.429`. */
export class HttpError extends ModelError implements ServerWords {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly serverCode: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly body: string | undefined;
  /** The server is still loading its model. Absent otherwise. */
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

export interface ContextLengthErrorOptions extends Partial<Omit<ServerWords, 'retryAfterMs'>> {
  readonly cause?: unknown;
}

/** The conversation is longer than the model can read. Asking again helps once it is shorter. */
export class ContextLengthError extends ModelError {
  override readonly name = 'ContextLengthError';
  /** Absent where the server said it inside a 200. */
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
 * The server was not reached, or the connection broke.
 *
 * `code` is `network.refused`, `network.reset`, `network.timeout`, `network.unknown_host`, `network.unreachable`,
 * `network.untrusted`, `network.proxy`, `network.dispatcher`, or `network.failed`.
 */
export class NetworkError extends ModelError {
  override readonly name = 'NetworkError';
  /** `host:port`. */
  readonly address: string;
  /** How far it got: `connect` nothing was sent, `request` nothing came back, `reply` the reply broke off. */
  readonly phase: 'connect' | 'request' | 'reply';
  /** The server had closed the kept-alive connection before it was used: it never saw the request. */
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

/** An attempt took too long. Its `code` is `timeout.` with the phase: `timeout.first_byte`. */
export class TimeoutError extends ModelError {
  override readonly name = 'TimeoutError';
  /** `connect`: there was no connection; `first_byte`: nothing came; `idle`: nothing more came; `attempt`: the whole of it was not there in time. */
  readonly phase: 'connect' | 'first_byte' | 'idle' | 'attempt';
  readonly timeoutMs: number;
  /** `host:port`, where the model is asked over HTTP. */
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

/** The plain fields of a model error beyond its name, message and code; absent ones left out. For events and logs. */
export function modelErrorDetails(error: ModelError): JsonObject {
  const fields: Record<string, Json> = {};
  for (const name of DETAILS) {
    const value: unknown = name in error ? error[name as keyof ModelError] : undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') fields[name] = value;
  }
  return fields;
}

const DETAILS = [
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
