import { PawlError } from '@pawl/core';

/** A test's script does not fit what was asked: it is used up, or replies are left. */
export class ScriptError extends PawlError {
  override readonly name = 'ScriptError';
}
