import type { Json } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';

/** Replaces secrets in bytes and JSON, also a secret that is split over two chunks. */
export class Redaction {
  readonly #pattern: RegExp;

  constructor(secrets: Iterable<string>) {
    const given = [...new Set(secrets)].filter(({ length }) => length >= MIN_SECRET_LENGTH);
    const known = [...new Set(given.flatMap(listSpellings))];
    // Longest first: if one secret starts with another, the whole longer one is replaced.
    const escaped = known
      .sort((one, other) => other.length - one.length)
      .map((secret) => escapePattern(toLatin1(secret)));
    this.#pattern = new RegExp([...escaped, ...COMMON_KEYS].join('|'), 'g');
  }

  /** Redacts texts, and every field whose name denotes a secret. */
  redactJson(value: Json): Json {
    if (typeof value === 'string') return this.redactText(value);
    if (Array.isArray(value)) return value.map((each) => this.redactJson(each));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        return [name, typeof field === 'string' && SECRET_NAME.test(name) ? REPLACEMENT : this.redactJson(field)];
      }),
    );
  }

  /** Redacts the query of a URL in the same way. */
  redactQuery(search: string): string {
    const query = new URLSearchParams(search);
    for (const [name, value] of [...query])
      query.set(name, SECRET_NAME.test(name) ? REPLACEMENT : this.redactText(value));
    return query.size === 0 ? '' : `?${query}`;
  }

  redactText(redactText: string): string {
    return Buffer.from(toLatin1(redactText).replace(this.#pattern, REPLACEMENT), 'latin1').toString('utf8');
  }

  /** Returns as many chunks as it gets. The replacement stands in the chunk where the secret starts. */
  redactChunks(redactChunks: readonly Uint8Array[]): readonly Uint8Array[] {
    const texts = redactChunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
    const spans = [...texts.join('').matchAll(this.#pattern)].map(({ 0: found, index }) => {
      return { from: index, to: index + found.length };
    });
    let start = 0;
    return texts.map((redactText) => {
      const covered = withoutSpans(redactText, start, spans);
      start += redactText.length;
      return Buffer.from(covered, 'latin1');
    });
  }
}

/** The secret as it is, inside JSON, and in a URL. */
function listSpellings(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, quoted, quoted.replaceAll('/', '\\/'), encodeURIComponent(secret)];
}

/** Values of fields and query parameters whose names denote a secret. */
export function findNamedSecrets(search: string, body: Json): readonly string[] {
  const inQuery = [...new URLSearchParams(search)].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  return [...inQuery, ...findNamedFields(body)];
}

function findNamedFields(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(findNamedFields);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    return typeof field === 'string' ? (SECRET_NAME.test(name) ? [field] : []) : findNamedFields(field);
  });
}

/** Names of query parameters and body fields that denote a secret. */
const SECRET_NAME =
  /^(key|sig|.*signature|.*password|.*secret|.*credentials?|.*authorization|.*cookie|.*token|.*(api|access|private|subscription)[-_]?key)$/i;

/** Redacts one chunk of a longer text; the chunk starts at offset `start`. */
function withoutSpans(text: string, start: number, spans: readonly { from: number; to: number }[]): string {
  const end = start + text.length;
  let at = start;
  let covered = '';
  for (const { from, to } of spans) {
    if (to <= start || from >= end) continue;
    covered += text.slice(at - start, Math.max(from, at) - start);
    if (from >= start) covered += REPLACEMENT;
    at = Math.min(to, end);
  }
  return covered + text.slice(at - start);
}

const REPLACEMENT = '[redacted]';
/** Shorter secrets would redact ordinary words. */
const MIN_SECRET_LENGTH = 6;

/** Patterns of the keys of well-known services. */
const COMMON_KEYS = [
  'sk-[A-Za-z0-9_-]{16,}',
  'gsk_[A-Za-z0-9]{16,}',
  'xai-[A-Za-z0-9]{16,}',
  'AIza[A-Za-z0-9_-]{30,}',
  'Bearer [A-Za-z0-9._~+/=-]{16,}',
];

/** Maps each byte to one character, so that redaction works for every encoding. */
function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
