import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';

/** A server cannot be probed. */
export class ConformanceError extends PawlError {
  override readonly name = 'ConformanceError';

  constructor(...given: ConstructorParameters<typeof PawlError>) {
    super(...given);
    addBrand(this, 'ConformanceError');
  }

  static override isInstance(error: unknown): error is ConformanceError {
    return hasBrand(error, 'ConformanceError');
  }
}
