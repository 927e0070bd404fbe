import type { Scope } from './scope.ts';

export interface Leavable {
  readonly scope: Scope;
  /** Gives up what is still at work in that scope. */
  readonly leave: () => void;
}

/** The same scope, whose work can be given up while the run goes on: middleware may end before what it has begun. */
export function leavable(scope: Scope): Leavable {
  const controller = new AbortController();
  const signal = AbortSignal.any([scope.signal, controller.signal]);
  const leave = (): void => controller.abort(new Error('What had asked this is over.'));
  return { scope: { ...scope, signal }, leave };
}

/** A promise that its maker may forget, whatever becomes of it. */
export function forgettable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
