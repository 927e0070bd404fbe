import { ConfigError } from '../base/errors.ts';

/**
 * The id of a run, as given or a random one. Hosts keep it in files and databases: it has to be text that each of them gives
 * back as it was.
 *
 * @throws ConfigError
 */
export function runIdOf(given: string | undefined): string {
  if (given === undefined) return crypto.randomUUID();
  if (isKeepable(given)) return given;
  throw new ConfigError(
    `runId is ${JSON.stringify(given)}. Pass a text that is not empty, without NUL characters and lone surrogates, or leave it out.`,
  );
}

/** Whether every host and store gives a text back as it was. */
export function isKeepable(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.isWellFormed() && !text.includes('\0');
}
