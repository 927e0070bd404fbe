import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { AddressRule } from './address.ts';
import { blocked } from './check-url.ts';

/** The addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export const resolveBySystem: Resolve = async (hostname) => {
  const found = await systemLookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

interface Looking {
  readonly addresses: AddressRule;
  readonly resolve: Resolve;
}

/**
 * Asked once for a connection, which then goes to what was checked: there is no second answer. A name one of whose addresses may not be
 * reached is not reached at all.
 */
export function guardedLookup({ addresses, resolve }: Looking): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname).then(
      (found) => {
        const [first] = found;
        if (first === undefined) return done(new Error(`no address of ${hostname}`), []);
        if (!found.every((address) => addresses.allows(address))) return done(blocked(hostname), []);
        if (options.all === true)
          return done(
            null,
            found.map((address) => ({ address, family: isIP(address) })),
          );
        done(null, first, isIP(first));
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), []),
    );
  };
}
