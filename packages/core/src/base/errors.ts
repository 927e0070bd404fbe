import { addBrand, hasBrand } from './brand.ts';

export interface PawlErrorOptions {
  /** Stable, in the form `noun.problem`. Programs read the code, people the message. */
  readonly code: string;
  readonly cause?: unknown;
}

/**
 * The base class of all errors of Pawl. The message quotes the wrong value, then says what to do.
 *
 * Each class has its own `isInstance`, which also recognizes errors of another copy of this package; `instanceof` does not. A
 * subclass that you write inherits the `isInstance` of the class that it extends.
 */
export class PawlError extends Error {
  override readonly name: string = 'PawlError';
  readonly code: string;

  constructor(message: string, { code, cause }: PawlErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    addBrand(this, 'PawlError');
  }

  static isInstance(error: unknown): error is PawlError {
    return hasBrand(error, 'PawlError');
  }
}

/** Wrong use by a developer. Thrown when a tool, an agent or a run is defined. */
export class ConfigError extends PawlError {
  override readonly name = 'ConfigError';

  constructor(message: string, { code = 'config.invalid', cause }: Partial<PawlErrorOptions> = {}) {
    super(message, { code, cause });
    addBrand(this, 'ConfigError');
  }

  static override isInstance(error: unknown): error is ConfigError {
    return hasBrand(error, 'ConfigError');
  }
}

/** The store of the host failed, or two writers worked on one run. Thrown out of the loop; the run stays resumable. */
export class HostError extends PawlError {
  override readonly name: string = 'HostError';

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options);
    addBrand(this, 'HostError');
  }

  static override isInstance(error: unknown): error is HostError {
    return hasBrand(error, 'HostError');
  }
}
