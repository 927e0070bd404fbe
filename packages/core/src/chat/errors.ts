import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError, type PawlErrorOptions } from '../base/errors.ts';
import { sliceWhole } from '../base/text.ts';

export interface ModelErrorOptions extends PawlErrorOptions {
  /** Whether a retry can help. @defaultValue true */
  readonly retryable?: boolean;
}

/** An attempt at a model request that got no response. */
export class ModelError extends PawlError {
  override readonly name: string = 'ModelError';
  readonly retryable: boolean;

  constructor(message: string, { retryable = true, ...options }: ModelErrorOptions) {
    super(message, options);
    this.retryable = retryable;
    addBrand(this, 'ModelError');
  }

  static override isInstance(error: unknown): error is ModelError {
    return hasBrand(error, 'ModelError');
  }
}

export interface ProtocolErrorOptions extends Omit<ModelErrorOptions, 'code'> {
  /** `response.garbage`, `response.error`, `response.cut`, `response.empty_choices`, `response.too_large`, `response.malformed`. */
  readonly code: `response.${string}`;
  /** The received text, cut to 4096 characters. */
  readonly received?: string;
  /** When to retry, as the server asks: milliseconds from the time of its response. */
  readonly retryAfterMs?: number | undefined;
}

/** The server sent something that is not a response: garbage, an error with status 200, a stream that was cut off. */
export class ProtocolError extends ModelError {
  override readonly name: string = 'ProtocolError';
  readonly received: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { received, retryAfterMs, ...options }: ProtocolErrorOptions) {
    super(message, options);
    this.received = received === undefined ? undefined : sliceWhole(received, 0, MAX_KEPT);
    this.retryAfterMs = retryAfterMs;
    addBrand(this, 'ProtocolError');
  }

  static override isInstance(error: unknown): error is ProtocolError {
    return hasBrand(error, 'ProtocolError');
  }
}

const MAX_KEPT = 4096;

export interface MalformedResponseOptions extends Omit<ProtocolErrorOptions, 'code' | 'retryable'> {
  /** The text that the model wrote, or what was wrong with it. */
  readonly failedGeneration: string | undefined;
  /** Absent if the server reported the error with status 200. */
  readonly status?: number | undefined;
  /** The server's own code: `tool_use_failed`. */
  readonly serverCode?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * The server could not read the text that the model wrote, and reported an error. Another attempt can help. If the server quoted the
 * model's text, the attempt adds a `correction`.
 */
export class MalformedResponseError extends ProtocolError {
  override readonly name = 'MalformedResponseError';
  readonly failedGeneration: string | undefined;
  readonly status: number | undefined;
  readonly serverCode: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    message: string,
    { failedGeneration, status, serverCode, requestId, ...options }: MalformedResponseOptions,
  ) {
    super(message, { ...options, code: 'response.malformed', retryable: true });
    this.failedGeneration = failedGeneration === undefined ? undefined : sliceWhole(failedGeneration, 0, MAX_KEPT);
    this.status = status;
    this.serverCode = serverCode;
    this.requestId = requestId;
    addBrand(this, 'MalformedResponseError');
  }

  static override isInstance(error: unknown): error is MalformedResponseError {
    return hasBrand(error, 'MalformedResponseError');
  }
}
