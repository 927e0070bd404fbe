import { ConfigError } from '../base/errors.ts';

/**
 * Returns the given run id, or a random one. Refuses ids that some host, file or database would not return unchanged.
 *
 * @throws ConfigError
 */
export function readRunId(runId: string | undefined): string {
  if (runId === undefined) return createRandomId();
  if (isStorable(runId)) return runId;
  throw new ConfigError(
    `runId is ${JSON.stringify(runId)}. Pass a text that is not empty, without NUL characters and lone surrogates, or leave it out.`,
  );
}

export function createRandomId(): string {
  const id = crypto.randomUUID();
  // Node concatenates the id from about twenty strings, and V8 keeps all of them in memory until a character is read.
  id.charCodeAt(0);
  return id;
}

/** Whether every host and store returns the text unchanged. Databases refuse NUL characters and replace lone surrogates. */
export function isStorable(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.isWellFormed() && !text.includes('\0');
}
