import { ConfigError } from './errors.ts';

/** Objects that only this copy of the package can use. */
const own = new WeakSet<object>();

/** Marks an object as made by this copy of the package. A process can load two copies. */
export function markOwn<T extends object>(object: T): T {
  own.add(object);
  return object;
}

/**
 * Checks that this copy of the package made the object. One copy cannot use the internals of another copy's objects.
 *
 * @param what - the object and its place, for the error message
 * @throws ConfigError if another copy made it.
 */
export function checkOwn(object: object, what: string): void {
  if (own.has(object)) return;
  throw new ConfigError(
    `${what} comes from another copy of @pawl/core: two copies are loaded, and a run cannot continue in the other one. List them with "npm ls @pawl/core". Install one copy: give all packages the same version, then run "npm dedupe". Packages that define agents must have @pawl/core as a peer dependency.`,
    { code: 'config.two_copies' },
  );
}
