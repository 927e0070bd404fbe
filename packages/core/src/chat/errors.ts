import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError, type PawlErrorOptions } from '../base/errors.ts';

export interface ModelErrorOptions extends PawlErrorOptions {
  /** Whether another try can help. @defaultValue true */
  readonly retryable?: boolean;
}

/** An attempt at a model request did not give a reply. */
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
  /** `reply.garbage`, `reply.error`, `reply.cut`, `reply.empty_choices`, `reply.too_large`. */
  readonly code: `reply.${string}`;
  /** What came, shortened to 4 KiB. */
  readonly received?: string;
}

/** The server's words could not be read as a reply: garbage, an error inside a 200, a stream cut off. */
export class ProtocolError extends ModelError {
  override readonly name = 'ProtocolError';
  readonly received: string | undefined;

  constructor(message: string, { received, ...options }: ProtocolErrorOptions) {
    super(message, options);
    this.received = received?.slice(0, 4096);
    addBrand(this, 'ProtocolError');
  }

  static override isInstance(error: unknown): error is ProtocolError {
    return hasBrand(error, 'ProtocolError');
  }
}
