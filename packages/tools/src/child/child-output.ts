import { StringDecoder } from 'node:string_decoder';

/** What a child puts out, on both of its streams in the order in which it came, up to a cap. */
export class ChildOutput {
  readonly #maxBytes: number;
  readonly #pieces: string[] = [];
  readonly #decoders = new Map<string, StringDecoder>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is room for more. */
  add(chunk: Buffer, stream: 'stdout' | 'stderr'): boolean {
    const room = this.#maxBytes - this.#bytes;
    // Two streams may come in turns: what is cut in the middle of a character waits for the rest of its own.
    const decoder = this.#decoders.get(stream) ?? new StringDecoder('utf8');
    this.#decoders.set(stream, decoder);
    this.#pieces.push(decoder.write(chunk.subarray(0, room)));
    this.#bytes += Math.min(chunk.length, room);
    return chunk.length <= room;
  }

  toText(): string {
    return this.#pieces.join('') + [...this.#decoders.values()].map((decoder) => decoder.end()).join('');
  }
}
