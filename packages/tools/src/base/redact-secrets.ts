/** Replaces secrets in a text with `[redacted]`: as they are, and as JSON, URL, Base64 or hex. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...(['base64', 'base64url', 'hex'] as const).map((encoding) => Buffer.from(secret).toString(encoding)),
    Buffer.from(secret).toString('hex').toUpperCase(),
  ]);
  return [...new Set(forms)]
    .filter(({ length }) => length >= MIN_LENGTH)
    .sort((one, other) => other.length - one.length)
    .reduce((redacted, form) => redacted.replaceAll(form, '[redacted]'), text);
}

/** Shorter secrets occur in ordinary words. */
const MIN_LENGTH = 4;
