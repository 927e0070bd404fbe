import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { AddressRule } from './address-rule.ts';
import { createBlockedError } from './check-url.ts';

/** Returns the addresses of a hostname. */
export type LookupHostname = (hostname: string) => Promise<readonly string[]>;

export const resolveBySystem: LookupHostname = async (hostname) => {
  const found = await systemLookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

interface LookupRule {
  readonly addresses: AddressRule;
  readonly resolve: LookupHostname;
}

/**
 * Creates a lookup that checks every address. A connection looks its hostname up once and uses a checked address, so that a second answer of
 * the name server changes nothing. If one address of a hostname is not allowed, the whole lookup fails.
 */
export function createGuardedLookup(rule: LookupRule): LookupFunction {
  return (hostname, options, done) => {
    resolveAddresses(hostname, rule).then(
      (found) => {
        if (options.all === true) return done(null, found);
        done(null, found[0].address, found[0].family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), []),
    );
  };
}

async function resolveAddresses(hostname: string, { addresses, resolve }: LookupRule): Promise<FoundAddresses> {
  const found = (await resolve(hostname)).map((address) => ({ address, family: isIP(address) }));
  if (!found.every(({ address }) => addresses.isAllowed(address))) throw createBlockedError(hostname);
  const [first, ...others] = found;
  if (first === undefined) throw new Error(`no address of ${hostname}`);
  return [first, ...others];
}

type FoundAddresses = [LookupAddress, ...LookupAddress[]];
