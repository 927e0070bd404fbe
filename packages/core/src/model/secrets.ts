/** Takes everything out of a text that must not be seen. */
export type Redact = (text: string) => string;

/** Knows the values of the headers that let somebody in, and of the address's query. */
export function redactor({
  headers,
  url,
}: {
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
}): Redact {
  const secrets = [...secretHeaders(headers), ...secretParameters(url)].filter((secret) => secret.length >= SHORTEST);
  const forms = new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]));
  // Longest first: one secret may contain another.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}

/** A shorter one is no secret, and taking it out would spoil the text. */
const SHORTEST = 4;

function secretHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!SECRET.test(name)) return [];
    return [value, value.replace(/^(bearer|basic|token)\s+/i, '')];
  });
}

/** Names of headers and query parameters. */
const SECRET = /auth|key|token|secret|cookie|password|signature|^sig$|^code$/i;

function secretParameters(url: string): readonly string[] {
  return [...new URL(url).searchParams].flatMap(([name, value]) => (SECRET.test(name) ? [value] : []));
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
