import { ConfigError } from '../base/errors.ts';

/**
 * The id of a run, as given or a random one. Hosts keep it in files and databases: it has to be text that each of them gives
 * back as it was.
 *
 * @throws ConfigError
 */
export function runIdOf(given: string | undefined): string {
  if (given === undefined) return crypto.randomUUID();
  if (typeof given === 'string' && given !== '' && given.isWellFormed() && !given.includes('\0')) return given;
  throw new ConfigError(
    `runId is ${JSON.stringify(given)}. Pass a text that is not empty, without NUL characters and lone surrogates, or leave it out.`,
  );
}
