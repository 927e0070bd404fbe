import { redactWritten } from './redact-written.ts';
import { type SecretSources, secretValues } from './secret-values.ts';

/** Takes everything out of a text that must not be seen. */
export type Redact = (text: string) => string;

/** Knows what lets somebody in. Nothing is looked up before the first text: most requests end well. */
export function redactor(sources: SecretSources): Redact {
  let values: ReadonlySet<string> | undefined;
  return (text) => {
    values ??= secretValues(sources);
    return redactWritten(text, values);
  };
}

/** A copy of what was thrown, and of its causes, that holds nothing but words that may be seen. */
export function withoutSecrets(thrown: unknown, redact: Redact): Error {
  return copied(thrown, { redact, depth: 0 });
}

interface Copying {
  readonly redact: Redact;
  readonly depth: number;
}

function copied(thrown: unknown, { redact, depth }: Copying): Error {
  if (!(thrown instanceof Error)) return new Error(redact(String(thrown)));
  // A chain may end in itself.
  const cause =
    thrown.cause === undefined || depth === DEEPEST ? undefined : copied(thrown.cause, { redact, depth: depth + 1 });
  const copy = new Error(redact(wordsOf(thrown)), cause && { cause });
  const stack = thrown.stack === undefined ? undefined : redact(thrown.stack);
  return Object.defineProperties(copy, {
    name: { value: redact(thrown.name), configurable: true },
    stack: { value: stack, configurable: true },
    ...('code' in thrown &&
      typeof thrown.code === 'string' && { code: { value: redact(thrown.code), enumerable: true } }),
  });
}

const DEEPEST = 8;

/** Where several addresses of a host were tried, the error itself says nothing. */
function wordsOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join('; ');
}
