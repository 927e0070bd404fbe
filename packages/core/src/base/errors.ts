const brand: unique symbol = Symbol.for('pawl.error') as never;

export interface PawlErrorOptions {
  /** Stable, `noun.problem`. For programs; the message is for people. */
  readonly code: string;
  readonly cause?: unknown;
}

/** The base of every error of ours. The message says what was wrong, with the value quoted, then what to do. */
export class PawlError extends Error {
  override readonly name: string = 'PawlError';
  readonly code: string;

  constructor(message: string, { code, cause }: PawlErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Works across two copies of this package, where `instanceof` does not. */
  static is(error: unknown): error is PawlError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}

/** Wrong use by a developer. Thrown where it is written: when a tool, an agent or a run is defined. */
export class ConfigError extends PawlError {
  override readonly name = 'ConfigError';

  constructor(message: string, { code = 'config.invalid', cause }: Partial<PawlErrorOptions> = {}) {
    super(message, { code, cause });
  }
}

/** The host that runs are kept on failed, or two writers met. Thrown out of the loop; the run stays resumable. */
export class DurableError extends PawlError {
  override readonly name: string = 'DurableError';
}
