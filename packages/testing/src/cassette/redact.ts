/** Finds secrets in bytes, and writes something else over them, also where a chunk ends within one. */
export class Redaction {
  readonly #pattern: RegExp;

  constructor(secrets: Iterable<string>) {
    const known = [...new Set(secrets)].filter(({ length }) => length >= SHORTEST);
    // Longest first, so that no part of a secret stays where another one begins like it.
    const escaped = known.sort((one, other) => other.length - one.length).map((secret) => literal(latin(secret)));
    this.#pattern = new RegExp([...escaped, ...USUAL].join('|'), 'g');
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
      const covered = withoutSpans(text, { start, spans });
      start += text.length;
      return Buffer.from(covered, 'latin1');
    });
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A part of a longer text, which it begins `start` characters into. */
function withoutSpans(
  text: string,
  { start, spans }: { readonly start: number; readonly spans: readonly Span[] },
): string {
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
