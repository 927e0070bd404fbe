import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';

/** A cassette cannot be read, or has no entry for a request. */
export class CassetteError extends PawlError {
  override readonly name = 'CassetteError';

  constructor(...given: ConstructorParameters<typeof PawlError>) {
    super(...given);
    addBrand(this, 'CassetteError');
  }

  static override isInstance(error: unknown): error is CassetteError {
    return hasBrand(error, 'CassetteError');
  }
}
