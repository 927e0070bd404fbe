/** The JSON of a request, in pieces that are encoded at different times and sent in order. */
export class BodyBytes {
  readonly pieces: readonly Uint8Array[];
  readonly byteLength: number;

  constructor(pieces: readonly Uint8Array[]) {
    this.pieces = pieces;
    this.byteLength = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  toText(): string {
    const decoder = new TextDecoder();
    return this.pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode();
  }
}
