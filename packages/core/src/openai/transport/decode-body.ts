import { once } from 'node:events';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ProtocolError } from '../../chat/errors.ts';
import { type ReadingStream, readStream } from './read-stream.ts';
import type { HttpReply, Sink } from './transport.ts';

type Headed = Pick<HttpReply, 'status' | 'header'>;

/**
 * What decodes the body of a reply, as its `content-encoding` says (RFC 9110, section 8.4); nothing where it is plain.
 *
 * @throws ProtocolError for an encoding that was not asked for and is not known.
 */
export function decodersOf(reply: Headed): readonly Transform[] {
  const given = reply.header('content-encoding');
  if (given === undefined) return PLAIN;
  const encodings = encodingsOf(given);
  const unknown =
    encodings.length > MOST ? encodings.join(', ') : encodings.find((encoding) => !(encoding in DECODERS));
  // Of a refusal the status matters, and not whether its words can be read.
  if (unknown !== undefined && reply.status >= 300) return PLAIN;
  if (unknown !== undefined) throw unknownEncoding(unknown);
  return encodings.flatMap((encoding) => DECODERS[encoding]?.() ?? []);
}

const PLAIN: readonly Transform[] = [];

/** The last one applied comes first. What is no encoding, but the name of a character set, changes nothing. */
function encodingsOf(given: string): readonly string[] {
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

export interface Decoding extends ReadingStream {
  readonly decoders: readonly Transform[];
}

/** Reads what comes out of the decoders, and slows down whoever feeds them where its reader is behind. */
export async function readDecoded(
  read: (raw: Sink) => Promise<void>,
  { decoders, ...reading }: Decoding,
): Promise<void> {
  const [first, ...others] = decoders;
  if (first === undefined) return read(reading.sink);
  // The reader hears of a failure by the last stream, which is destroyed with it.
  const last = others.reduce<Readable>((before, next) => pipeline(before, next, ignore), first);
  const feed: Sink = (bytes) => (first.write(bytes) ? undefined : once(first, 'drain').then(ignore));
  const fed = read(feed).then(
    () => void first.end(),
    (error: Error) => void first.destroy(error),
  );
  // What is encoded may end before the body does, which has its connection until then.
  await Promise.all([readStream(last, reading), fed]);
}

function ignore(): void {}
