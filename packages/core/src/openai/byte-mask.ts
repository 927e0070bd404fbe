import { concatenateBytes } from '../base/concatenate-bytes.ts';

/** Replaces each byte of a secret by `*`, in bytes that arrive in pieces. The length stays the same. */
export class ByteMask {
  readonly #secrets: readonly Uint8Array[];
  /** The end of the last piece, which may be the beginning of a secret. */
  #held = NO_BYTES;

  constructor(secrets: Iterable<string>) {
    const encoder = new TextEncoder();
    const spellings = new Set([...secrets].flatMap(listSpellings));
    this.#secrets = [...spellings].map((spelling) => encoder.encode(spelling)).filter(({ length }) => length > 0);
  }

  /** Masks a piece. Holds back its end if a secret may begin there. */
  apply(piece: Uint8Array): Uint8Array {
    if (this.#secrets.length === 0) return piece;
    const bytes = this.#held.length === 0 ? piece : concatenateBytes([this.#held, piece]);
    const masked = this.#hideSecrets(bytes);
    const end = bytes.length - this.#measureBeginning(masked);
    this.#held = new Uint8Array(masked.subarray(end));
    return masked.subarray(0, end);
  }

  /** Returns what was held back. A longer beginning of a secret is masked too. */
  finish(): Uint8Array {
    const held = this.#held;
    this.#held = NO_BYTES;
    return held.length < MIN_CUT_LENGTH ? held : new Uint8Array(held.length).fill(MASK);
  }

  #hideSecrets(bytes: Uint8Array): Uint8Array {
    let masked = bytes;
    for (const secret of this.#secrets) {
      for (let at = findBytes(bytes, secret, 0); at >= 0; at = findBytes(bytes, secret, at + 1)) {
        if (masked === bytes) masked = new Uint8Array(bytes); // The reader of the response gets the original. `slice` of a Buffer does not copy.
        masked.fill(MASK, at, at + secret.length);
      }
    }
    return masked;
  }

  /** The number of bytes at the end that may be the beginning of a secret. */
  #measureBeginning(bytes: Uint8Array): number {
    const measured = this.#secrets.map((secret) => {
      for (let length = Math.min(secret.length - 1, bytes.length); length > 0; length--) {
        if (isAt(bytes, secret.subarray(0, length), bytes.length - length)) return length;
      }
      return 0;
    });
    return Math.max(0, ...measured);
  }
}

const MASK = '*'.charCodeAt(0);

const NO_BYTES = new Uint8Array();

/** A shorter beginning of a secret reveals nothing and may be there by chance. */
const MIN_CUT_LENGTH = 6;

/** How JSON and URLs spell a text. Some JSON encoders escape slashes. */
function listSpellings(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret.toWellFormed())];
}

function findBytes(bytes: Uint8Array, sought: Uint8Array, from: number): number {
  const [first = 0] = sought;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (isAt(bytes, sought, at)) return at;
  }
  return -1;
}

function isAt(bytes: Uint8Array, sought: Uint8Array, at: number): boolean {
  for (let offset = 0; offset < sought.length; offset++) if (bytes[at + offset] !== sought[offset]) return false;
  return true;
}
