import type { Message } from '../chat/message.ts';

/**
 * The messages of conversations as they stand in a request's body, joined by commas.
 *
 * A conversation grows from request to request: what was written once stays where it is, and only what is new is encoded.
 */
export class MessageBytes {
  readonly #jsonOf: (message: Message) => string;
  /** By the first message: that is how a conversation is found again. */
  readonly #known = new WeakMap<Message, Written>();

  constructor(jsonOf: (message: Message) => string) {
    this.#jsonOf = jsonOf;
  }

  of(messages: readonly Message[]): Uint8Array {
    const [first] = messages;
    if (first === undefined) return NOTHING;
    const written = this.#writtenFor(messages, this.#known.get(first));
    this.#known.set(first, written);
    for (const message of messages.slice(written.count)) written.add(message, this.#jsonOf(message));
    return written.upTo(messages.length);
  }

  /** What differs in between is written anew: a request may be under way with the bytes that are there. */
  #writtenFor(messages: readonly Message[], known: Written | undefined): Written {
    return known?.agreesWith(messages) === true ? known : new Written();
  }
}

const NOTHING = new Uint8Array();
const encoder = new TextEncoder();

/** Bytes that only grow. */
class Written {
  readonly #messages: Message[] = [];
  /** Where each one ends. */
  readonly #ends: number[] = [];
  #bytes = NOTHING;

  get count(): number {
    return this.#messages.length;
  }

  /** Whether one of both is the beginning of the other. */
  agreesWith(messages: readonly Message[]): boolean {
    const most = Math.min(messages.length, this.#messages.length);
    for (let at = 0; at < most; at++) if (messages[at] !== this.#messages[at]) return false;
    return true;
  }

  upTo(count: number): Uint8Array {
    return this.#bytes.subarray(0, this.#ends[count - 1] ?? 0);
  }

  add(message: Message, json: string): void {
    const text = this.count === 0 ? json : `,${json}`;
    let end = this.#ends.at(-1) ?? 0;
    for (let from = 0; from < text.length; ) {
      this.#reserve(end + text.length - from);
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), this.#bytes.subarray(end));
      from += read;
      end += written;
      // What takes more bytes than characters wants more room.
      if (from < text.length) this.#reserve(end + (text.length - from) * MOST_BYTES);
    }
    this.#messages.push(message);
    this.#ends.push(end);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const growth = length < MANY ? STEEP_GROWTH : GROWTH;
    const larger = new Uint8Array(Math.max(LEAST, Math.ceil(length * growth)));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** UTF-8 takes three bytes at the most for what is one unit of a string. */
const MOST_BYTES = 3;
const GROWTH = 1.5;
/** Of a short conversation: another turn is the rule, and a new place for the bytes costs more than the room. */
const STEEP_GROWTH = 3;
const MANY = 8 * 1024;
const LEAST = 512;
