import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '../base/brand.ts';

/** A test's script does not fit what was asked: it is used up, or replies are left. */
export class ScriptError extends PawlError {
  override readonly name = 'ScriptError';

  constructor(...given: ConstructorParameters<typeof PawlError>) {
    super(...given);
    addBrand(this, 'ScriptError');
  }

  static override isInstance(error: unknown): error is ScriptError {
    return hasBrand(error, 'ScriptError');
  }
}
