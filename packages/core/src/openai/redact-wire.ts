import { redactEncoded } from './redact-encoded.ts';
import type { Headers } from './request-headers.ts';
import { isSecretSegment } from './secret-segment.ts';
import { collectSecrets, isSecretName, type SecretSources } from './secret-values.ts';

/**
 * The secrets that are removed from bodies and texts of a wire log. Shorter values are passwords of tests and the placeholders that
 * local servers take as keys (`ollama`, `lm-studio`), which are words of bodies.
 */
export function collectWireSecrets(sources: SecretSources): ReadonlySet<string> {
  return new Set([...collectSecrets(sources)].filter(({ length }) => length >= MIN_WIRE_SECRET_LENGTH));
}

const MIN_WIRE_SECRET_LENGTH = 12;

const REDACTED = '[redacted]';

/** Redacts path segments and query parameters that may be secrets, by name and form. */
export function redactUrl(url: string, secrets: ReadonlySet<string>): string {
  const [address = '', query] = url.split(/\?(.*)/s);
  const path = address
    .split('/')
    .map((segment) => (isSecretSegment(segment) ? REDACTED : segment))
    .join('/');
  const redacted = query === undefined ? path : `${path}?${query.split('&').map(redactParameter).join('&')}`;
  return redactEncoded(redacted, secrets);
}

function redactParameter(parameter: string): string {
  const [name = '', value = ''] = parameter.split(/=(.*)/s);
  return isSecretName(decodeName(name)) || isSecretSegment(value) ? `${name}=${REDACTED}` : parameter;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

export interface RequestHeaderSources {
  /** The headers that the transport sends. */
  readonly sent: Headers;
  /** The headers that it was asked to send. The others are its own. */
  readonly requested: Headers;
  /** The headers that Pawl itself sets, without the key. */
  readonly known: Headers;
}

/** Redacts every header that neither Pawl nor the transport made. */
export function redactRequestHeaders({ sent, requested, known }: RequestHeaderSources): Headers {
  return mapHeaders(sent, (name, value) => {
    return value === known[name] || !Object.hasOwn(requested, name) ? value : REDACTED;
  });
}

export function redactResponseHeaders(headers: Headers, secrets: ReadonlySet<string>): Headers {
  return mapHeaders(headers, (name, value) => {
    return SECRET_RESPONSE_HEADER.test(name) ? REDACTED : redactEncoded(value, secrets);
  });
}

/** Not every name that sounds like a secret: servers report `x-ratelimit-remaining-tokens`. */
const SECRET_RESPONSE_HEADER = /^((set-)?cookie2?|(proxy-)?authorization|authentication-info|(x-)?api-key)$/;

function mapHeaders(headers: Headers, map: (name: string, value: string) => string): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, map(name, value)]));
}
