import { ConfigError } from '@pawl/core';
import { HttpProblem } from '../protocol/problem.ts';
import { computeDigest, isEqual } from './compare-secrets.ts';
import { isPrincipal, type Principal } from './principal.ts';

/** Returns who sends a request, or the response that refuses it. */
export type Authorize = (request: Request) => Principal | Response | Promise<Principal | Response>;

/**
 * Authorizes requests by the key in `Authorization: Bearer …`. Keys are compared in constant time.
 *
 * @param keys - the principal of each key
 * @throws ConfigError for an empty key, or a principal without an id.
 *
 * @example
 * serve({ agents, authorize: bearer({ [process.env.KEY_OF_ADA]: { id: 'ada', tenant: 'acme' } }) });
 */
export function bearer(keys: Readonly<Record<string, Principal>>): Authorize {
  const entries = Object.entries(keys);
  if (entries.length === 0)
    throw new ConfigError('bearer(): there are no keys. Pass { "a secret key": { id: "ada" } }.');
  for (const [key, principal] of entries) checkEntry(key, principal);
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const known = Promise.all(
    entries.map(async ([key, principal]) => ({ digest: await computeDigest(key, salt), principal })),
  );
  return async (request) => {
    const given = readBearerKey(request);
    if (given === undefined) throw createUnauthorizedError('There is no API key. Send "Authorization: Bearer <key>".');
    const digest = await computeDigest(given, salt);
    let found: Principal | undefined;
    for (const each of await known) if (isEqual(each.digest, digest)) found = each.principal;
    if (found === undefined) throw createUnauthorizedError('The API key is not valid.');
    return found;
  };
}

// A key that comes from an unset variable of the environment would otherwise let everyone in.
function checkEntry(key: string, principal: Principal): void {
  if (key.trim() === '' || key === 'undefined') {
    throw new ConfigError(
      `bearer(): a key is ${JSON.stringify(key)}. Pass a secret; check the variable that it comes from.`,
    );
  }
  if (!isPrincipal(principal)) {
    throw new ConfigError(`bearer(): the principal of a key has no id. Pass { "a secret key": { id: "ada" } }.`);
  }
}

/** The challenge of RFC 6750. */
export function createUnauthorizedError(message: string): HttpProblem {
  return new HttpProblem(message, { status: 401, code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } });
}

function readBearerKey(request: Request): string | undefined {
  return /^bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}
