import { redactEncoded } from './redact-encoded.ts';
import { collectSecrets, type SecretSources } from './secret-values.ts';

/** Removes all secrets from a text. */
export type Redact = (text: string) => string;

/** Creates a function that removes the secrets of a request. It collects them on its first call, because most requests do not fail. */
export function createRedactor(sources: SecretSources): Redact {
  let values: ReadonlySet<string> | undefined;
  return (text) => {
    values ??= collectSecrets(sources);
    return redactEncoded(text, values);
  };
}

/** Copies an error and its causes without their secrets. */
export function withoutSecrets(thrown: unknown, redact: Redact): Error {
  return copyError(thrown, { redact, depth: 0 });
}

interface CopyErrorOptions {
  readonly redact: Redact;
  readonly depth: number;
}

function copyError(thrown: unknown, { redact, depth }: CopyErrorOptions): Error {
  if (!(thrown instanceof Error)) return new Error(redact(String(thrown)));
  // A chain of causes may be a cycle, so the depth is bounded.
  const cause =
    thrown.cause === undefined || depth === MAX_DEPTH
      ? undefined
      : copyError(thrown.cause, { redact, depth: depth + 1 });
  const copy = new Error(redact(describeError(thrown)), cause && { cause });
  const stack = thrown.stack === undefined ? undefined : redact(thrown.stack);
  return Object.defineProperties(copy, {
    name: { value: redact(thrown.name), configurable: true },
    stack: { value: stack, configurable: true },
    ...('code' in thrown &&
      typeof thrown.code === 'string' && { code: { value: redact(thrown.code), enumerable: true } }),
  });
}

const MAX_DEPTH = 8;

/** If several addresses were tried, only the inner errors have messages. */
function describeError(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join('; ');
}
