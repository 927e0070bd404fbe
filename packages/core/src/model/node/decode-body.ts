import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ProtocolError } from '../../chat/errors.ts';

/**
 * The body of a reply, decoded as its `content-encoding` says (RFC 9110, section 8.4).
 * Destroying it destroys the socket.
 *
 * @throws ProtocolError for an encoding that was not asked for and is not known.
 */
export function decodeBody(reply: IncomingMessage): Readable {
  const encodings = encodingsOf(reply);
  const unknown =
    encodings.length > MOST ? encodings.join(', ') : encodings.find((encoding) => !(encoding in DECODERS));
  // Of a refusal the status matters, and not whether its words can be read.
  if (unknown !== undefined && (reply.statusCode ?? 0) >= 300) return reply;
  if (unknown !== undefined) throw unknownEncoding(unknown);
  const decoders = encodings.flatMap((encoding) => DECODERS[encoding]?.() ?? []);
  return decoders.length === 0 ? reply : decoded(reply, decoders);
}

/** The last one applied comes first. What is no encoding, but the name of a character set, changes nothing. */
function encodingsOf({ headers }: IncomingMessage): readonly string[] {
  const given = headers['content-encoding'];
  if (given === undefined) return [];
  const names = given.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && !/^(identity|none|utf-?8|[78]bit|binary)$/.test(name)).reverse();
}

/** Nobody means more; a server that names thousands means harm. */
const MOST = 3;

// What is missing at the very end is no harm where the JSON is whole, and seen there where it is not.
const GZIP = { finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(GZIP),
  'x-gzip': () => createGunzip(GZIP),
  deflate: () => createInflate(GZIP),
  br: () => createBrotliDecompress(BROTLI),
};

function unknownEncoding(encoding: string): ProtocolError {
  return new ProtocolError(
    `The server's reply is encoded as "${encoding.slice(0, 100)}", which was not asked for. Known are gzip, deflate and br.`,
    { code: 'reply.encoding', retryable: false },
  );
}

function decoded(reply: IncomingMessage, decoders: readonly Transform[]): Readable {
  const [first, ...others] = decoders;
  if (first === undefined) return reply;
  // The reader hears of a failure by the last stream, which is destroyed with it.
  return others.reduce((before, next) => pipeline(before, next, ignore), pipeline(reply, first, ignore));
}

function ignore(): void {}
