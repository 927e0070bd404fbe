import { ConfigError } from './errors.ts';

/** What only the copy of this package that made it can use. */
const own = new WeakSet<object>();

/** Marks an object as made by this copy of the package: a process may load two. */
export function markOwn<T extends object>(object: T): T {
  own.add(object);
  return object;
}

/**
 * Refuses what another copy of this package made, where one copy can't use what is inside the other's.
 *
 * @param what - what it is and where it stands, for the error
 * @throws ConfigError
 */
export function checkOwn(object: object, what: string): void {
  if (own.has(object)) return;
  throw new ConfigError(
    `${what} comes from another copy of @pawl/core: two copies are loaded, and a run can't go on in the other one. List them with "npm ls @pawl/core", and install one: give all packages the same version, then "npm dedupe"; @pawl/core must be a peer dependency of packages that define agents.`,
    { code: 'config.two_copies' },
  );
}
