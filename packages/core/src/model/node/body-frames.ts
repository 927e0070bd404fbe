import { MalformedReply, type ReplyHead } from './reply-head.ts';

/** Takes a body out of what a socket gives, as the head frames it (RFC 9112, section 6). */
export interface BodyFrames {
  /** Whether the body is complete. */
  readonly isOver: boolean;
  /** Whether the end of the connection is the end of the body. */
  readonly endsWithConnection: boolean;
  /** The next piece, taken from the input; nothing where more has to come, or the body is over. */
  next(input: Input): Uint8Array | undefined;
}

/** Bytes from a socket, of which some may be taken already. */
export class Input {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** Behind what is left. */
  add(bytes: Buffer): void {
    this.#bytes = this.length === 0 ? bytes : Buffer.concat([this.#bytes.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  take(most: number): Uint8Array {
    const from = this.#at;
    this.#at = Math.min(this.#bytes.length, from + most);
    return this.#bytes.subarray(from, this.#at);
  }

  /** What is there of a line, up to and with its end. */
  takeLine(): string {
    const from = this.#at;
    const end = this.#bytes.indexOf(LINE_FEED, from);
    this.#at = end === -1 ? this.#bytes.length : end + 1;
    return this.#bytes.toString('latin1', from, this.#at);
  }
}

const LINE_FEED = 0x0a;

/** @throws MalformedReply where the head does not say in one way how long the body is. */
export function framesOf({ status, headers }: ReplyHead): BodyFrames {
  const codings = headers.get('transfer-encoding');
  const given = headers.get('content-length');
  if (status === 204 || status === 304) return new CountedFrames(0);
  if (codings !== undefined) {
    // One of both decides for us, the other for what stands in between: so one reply has been made two.
    if (given !== undefined)
      throw new MalformedReply('The server frames its reply in two ways: content-length and transfer-encoding.');
    if (/^chunked$/i.test(codings)) return new ChunkedFrames();
    if (/^identity$/i.test(codings)) return new UnendingFrames();
    throw new MalformedReply("The transfer-encoding of the server's reply was not asked for. Known is chunked alone.");
  }
  if (given === undefined) return new UnendingFrames();
  // The same number twice is refused as well: whoever sends it is not sure of it.
  if (!/^\d{1,15}$/.test(given))
    throw new MalformedReply("The content-length of the server's reply is no number of bytes.");
  return new CountedFrames(Number(given));
}

/** As many bytes as the head says. */
class CountedFrames implements BodyFrames {
  readonly endsWithConnection = false;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  next(input: Input): Uint8Array | undefined {
    if (this.#left === 0 || input.length === 0) return undefined;
    const piece = input.take(this.#left);
    this.#left -= piece.length;
    return piece;
  }
}

/** Until the connection is closed. */
class UnendingFrames implements BodyFrames {
  readonly endsWithConnection = true;
  readonly isOver = false;

  next(input: Input): Uint8Array | undefined {
    return input.length === 0 ? undefined : input.take(input.length);
  }
}

/** Chunks, each with its length before it (RFC 9112, section 7.1). */
class ChunkedFrames implements BodyFrames {
  readonly endsWithConnection = false;
  #state: 'size' | 'data' | 'end' | 'trailers' | 'over' = 'size';
  /** Of the chunk. */
  #left = 0;
  #line = '';
  #trailerLength = 0;

  get isOver(): boolean {
    return this.#state === 'over';
  }

  next(input: Input): Uint8Array | undefined {
    while (this.#state !== 'over' && input.length > 0) {
      if (this.#state === 'data') {
        const piece = input.take(this.#left);
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = 'end';
        return piece;
      }
      const line = this.#lineOf(input);
      if (line !== undefined) this.#readLine(line);
    }
    return undefined;
  }

  #lineOf(input: Input): string | undefined {
    this.#line += input.takeLine();
    if (this.#line.length > LONGEST_LINE)
      throw new MalformedReply("A line between the chunks of the server's reply has no end.");
    // A chunk that is longer than it says need not hold a line, and would be waited for.
    if (this.#state === 'end' && !'\r\n'.startsWith(this.#line)) throw badChunk();
    if (!this.#line.endsWith('\n')) return undefined;
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) throw badChunk();
    return line.slice(0, -2);
  }

  #readLine(line: string): void {
    switch (this.#state) {
      case 'size': {
        // What stands behind the length is of no use to anybody.
        const [, digits] = /^([\da-f]{1,12})[ \t]*(?:;|$)/i.exec(line) ?? [];
        if (digits === undefined) throw badChunk();
        this.#left = Number.parseInt(digits, 16);
        this.#state = this.#left === 0 ? 'trailers' : 'data';
        return;
      }
      case 'end':
        this.#state = 'size';
        return;
      default:
        this.#trailerLength += line.length;
        if (this.#trailerLength > LONGEST_LINE)
          throw new MalformedReply("What comes behind the chunks of the server's reply has no end.");
        if (line === '') this.#state = 'over';
    }
  }
}

const LONGEST_LINE = 16 * 1024;

function badChunk(): MalformedReply {
  return new MalformedReply("The chunks of the server's reply are not framed as HTTP/1.1 has them.");
}
