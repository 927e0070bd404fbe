import { ConfigError } from '../base/errors.ts';

/**
 * The id of a run, as given or a random one. Hosts keep it in files and databases: it has to be text that each of them gives
 * back as it was.
 *
 * @throws ConfigError
 */
export function readRunId(given: string | undefined): string {
  if (given === undefined) return createRandomId();
  if (isStorable(given)) return given;
  throw new ConfigError(
    `runId is ${JSON.stringify(given)}. Pass a text that is not empty, without NUL characters and lone surrogates, or leave it out.`,
  );
}

export function createRandomId(): string {
  const id = crypto.randomUUID();
  // Node joins it from some twenty pieces, and V8 holds on to all of them until somebody looks at a character.
  id.charCodeAt(0);
  return id;
}

/** Whether every host and store gives a text back as it was. */
export function isStorable(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.isWellFormed() && !text.includes('\0');
}
