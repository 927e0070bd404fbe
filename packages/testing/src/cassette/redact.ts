import type { Json } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';

/** Finds secrets in bytes, and writes something else over them, also where a chunk ends within one. */
export class Redaction {
  readonly #pattern: RegExp;

  constructor(secrets: Iterable<string>) {
    const given = [...new Set(secrets)].filter(({ length }) => length >= SHORTEST);
    const known = [...new Set(given.flatMap(writings))];
    // Longest first, so that no part of a secret stays where another one begins like it.
    const escaped = known.sort((one, other) => other.length - one.length).map((secret) => literal(latin(secret)));
    this.#pattern = new RegExp([...escaped, ...USUAL].join('|'), 'g');
  }

  /** JSON, with the fields covered whose names say that they are secret. */
  json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((each) => this.json(each));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        return [name, typeof field === 'string' && SECRET_NAME.test(name) ? COVER : this.json(field)];
      }),
    );
  }

  /** A query, likewise. */
  query(search: string): string {
    const query = new URLSearchParams(search);
    for (const [name, value] of [...query]) query.set(name, SECRET_NAME.test(name) ? COVER : this.text(value));
    return query.size === 0 ? '' : `?${query}`;
  }

  text(text: string): string {
    return Buffer.from(latin(text).replace(this.#pattern, COVER), 'latin1').toString('utf8');
  }

  /** As many chunks as before: what covers a secret stands in the chunk that it began in. */
  chunks(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    const texts = chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
    const spans = [...texts.join('').matchAll(this.#pattern)].map(({ 0: found, index }) => {
      return { from: index, to: index + found.length };
    });
    let start = 0;
    return texts.map((text) => {
      const covered = withoutSpans(text, start, spans);
      start += text.length;
      return Buffer.from(covered, 'latin1');
    });
  }
}

/** As it is, within JSON, in an address, and as what follows `Basic`. */
function writings(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, quoted, quoted.replaceAll('/', '\\/'), encodeURIComponent(secret)];
}

/** What stands under a name that says that it is secret, in the query and the body of a request. */
export function namedSecrets(search: string, body: Json): readonly string[] {
  const inQuery = [...new URLSearchParams(search)].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  return [...inQuery, ...namedIn(body)];
}

function namedIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namedIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    return typeof field === 'string' ? (SECRET_NAME.test(name) ? [field] : []) : namedIn(field);
  });
}

/** Of a parameter in an address, or of a field of a body. */
const SECRET_NAME =
  /^(key|sig|.*signature|.*password|.*secret|.*credentials?|.*authorization|.*cookie|.*token|.*(api|access|private|subscription)[-_]?key)$/i;

/** A part of a longer text, which it begins `start` characters into. */
function withoutSpans(text: string, start: number, spans: readonly { from: number; to: number }[]): string {
  const end = start + text.length;
  let at = start;
  let covered = '';
  for (const { from, to } of spans) {
    if (to <= start || from >= end) continue;
    covered += text.slice(at - start, Math.max(from, at) - start);
    if (from >= start) covered += COVER;
    at = Math.min(to, end);
  }
  return covered + text.slice(at - start);
}

const COVER = '[redacted]';
/** Shorter ones would hide half of every text. */
const SHORTEST = 6;

/** What keys of well-known services look like, wherever they come from. */
const USUAL = [
  'sk-[A-Za-z0-9_-]{16,}',
  'gsk_[A-Za-z0-9]{16,}',
  'xai-[A-Za-z0-9]{16,}',
  'AIza[A-Za-z0-9_-]{30,}',
  'Bearer [A-Za-z0-9._~+/=-]{16,}',
];

/** Bytes as characters, so that it does not matter what encoding they are in. */
function latin(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
