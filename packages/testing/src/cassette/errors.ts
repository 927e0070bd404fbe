import { PawlError } from '@pawl/core';

/** A cassette can't be read, or has no answer to a request. */
export class CassetteError extends PawlError {
  override readonly name = 'CassetteError';
}
