/** A request as a wire log has it. */
export interface LoggedRequest {
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Formats a request as a command for a POSIX shell.
 *
 * - The key is `$OPENAI_API_KEY`: a wire log has no keys. Other headers that are redacted are left out.
 * - The body is sent byte for byte, or with a line feed at its end if it is too long for an argument.
 */
export function formatCurl({ url, headers, body }: LoggedRequest): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => formatHeader(name, value));
  const isLong = new TextEncoder().encode(body).length > MAX_ARGUMENT_BYTES;
  const start = [`curl --no-buffer ${quote(url)}`, ...lines];
  if (!isLong) return [...start, `--data-raw ${quote(body)}`].join(' \\\n  ');
  const end = chooseEnd(body);
  return `${[...start, `--data-binary @- <<'${end}'`].join(' \\\n  ')}\n${body}\n${end}`;
}

/** Linux refuses an argument of 128 KiB. */
const MAX_ARGUMENT_BYTES = 100_000;

/** Headers that curl sets itself, and one that would make it print compressed bytes. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'transfer-encoding',
]);

const REDACTED = '[redacted]';

function formatHeader(name: string, value: string): readonly string[] {
  if (OWN_HEADERS.has(name)) return [];
  if (name === 'authorization' && value.includes(REDACTED)) return ['--header "authorization: Bearer $OPENAI_API_KEY"'];
  if ((name === 'api-key' || name === 'x-api-key') && value.includes(REDACTED)) {
    return [`--header "${name}: $OPENAI_API_KEY"`];
  }
  return value.includes(REDACTED) ? [] : [`--header ${quote(`${name}: ${value}`)}`];
}

/** Within single quotes a shell changes nothing. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Chooses a line that the text does not have. */
function chooseEnd(body: string): string {
  let end = 'END_OF_BODY';
  while (body.includes(end)) end += '_';
  return end;
}
