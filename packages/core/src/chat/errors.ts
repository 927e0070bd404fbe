import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError, type PawlErrorOptions } from '../base/errors.ts';
import { sliceWhole } from '../base/text.ts';

export interface ModelErrorOptions extends PawlErrorOptions {
  /** Whether another try can help. @defaultValue true */
  readonly retryable?: boolean;
}

/** An attempt at a model request did not give a response. */
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
  /** What came, shortened to 4 KiB. */
  readonly received?: string;
  /** When the server wants to be asked again, in milliseconds from its response. */
  readonly retryAfterMs?: number | undefined;
}

/** The server's words could not be read as a response: garbage, an error inside a 200, a stream cut off. */
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
  /** What the model wrote, or what was wrong with it. */
  readonly failedGeneration: string | undefined;
  /** Absent if the server said it inside a 200. */
  readonly status?: number | undefined;
  /** The server's own code: `tool_use_failed`. */
  readonly serverCode?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * The server could not read what the model wrote, and told it as an error. The mistake is the model's, so it is worth another attempt,
 * to which `correction` is added if the server gave the model's words.
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
