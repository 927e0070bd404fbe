import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';

/**
 * A script does not match the requests: it is exhausted, responses are unused, or a request differs from the expected
 * one.
 */
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
