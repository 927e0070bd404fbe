import { PawlError } from '@pawl/core';

/** A server can't be asked what it supports. */
export class ConformanceError extends PawlError {
  override readonly name = 'ConformanceError';
}
