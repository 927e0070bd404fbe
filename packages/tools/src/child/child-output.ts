import { StringDecoder } from 'node:string_decoder';

/** Collects a child's output from both streams, in order of arrival, up to a limit. */
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

  /** Returns whether the whole chunk was within the limit. */
  add(chunk: Buffer, stream: 'stdout' | 'stderr'): boolean {
    const left = this.#maxBytes - this.#bytes;
    // Chunks of two streams interleave, and a chunk may end within a character. So each stream has its own decoder.
    const decoder = this.#decoders.get(stream) ?? new StringDecoder('utf8');
    this.#decoders.set(stream, decoder);
    this.#pieces.push(decoder.write(chunk.subarray(0, left)));
    this.#bytes += Math.min(chunk.length, left);
    return chunk.length <= left;
  }

  toText(): string {
    return this.#pieces.join('') + [...this.#decoders.values()].map((decoder) => decoder.end()).join('');
  }
}
