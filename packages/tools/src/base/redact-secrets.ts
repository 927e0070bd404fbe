/** A text in which nothing of these secrets is left, as they are or in a form that programs give them. */
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
    .reduce((covered, form) => covered.replaceAll(form, '[redacted]'), text);
}

/** One that is shorter stands in many words. */
const MIN_LENGTH = 4;
