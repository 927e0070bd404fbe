import { once } from 'node:events';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ProtocolError } from '../../chat/errors.ts';
import { type Reading, readAll } from './fetch-transport.ts';
import type { HttpResponse, Sink } from './transport.ts';

/**
 * Creates the streams that decode the body of a response, as its `content-encoding` says (RFC 9110, section 8.4). The first is
 * for the encoding that was applied last.
 *
 * @throws ProtocolError for an unknown encoding.
 */
export function createDecoders(response: Pick<HttpResponse, 'status' | 'header'>): readonly Transform[] {
  const contentEncoding = response.header('content-encoding');
  if (contentEncoding === undefined) return NONE;
  const encodings = parseEncodings(contentEncoding);
  const unknown =
    encodings.length > MAX_ENCODINGS ? encodings.join(', ') : encodings.find((encoding) => !(encoding in DECODERS));
  // For an error the status counts, not whether its text can be read.
  if (unknown !== undefined && response.status >= 300) return NONE;
  if (unknown !== undefined) throw unknownEncoding(unknown);
  return encodings.flatMap((encoding) => DECODERS[encoding]?.() ?? []);
}

const NONE: readonly Transform[] = [];

/** Servers apply one encoding, seldom two. Each costs memory: a header that names thousands is an attack. */
const MAX_ENCODINGS = 3;

/** Leaves out `identity`, and the names of character sets that some servers put there. */
function parseEncodings(contentEncoding: string): readonly string[] {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && !/^(identity|none|utf-?8|[78]bit|binary)$/.test(name)).reverse();
}

// Data that lacks its end decodes as far as it goes: if the JSON is complete nothing is lost, and if not, reading it fails.
const ZLIB = { finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
const ZSTD = { finishFlush: constants.ZSTD_e_flush };
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(ZLIB),
  'x-gzip': () => createGunzip(ZLIB),
  deflate: () => createInflate(ZLIB),
  br: () => createBrotliDecompress(BROTLI),
  zstd: () => createZstdDecompress(ZSTD),
};

function unknownEncoding(encoding: string): ProtocolError {
  return new ProtocolError(
    `The server's reply is encoded as "${encoding.slice(0, 100)}", which was not asked for. Known are gzip, deflate, br and zstd.`,
    { code: 'response.encoding', retryable: false },
  );
}

export interface Decoding extends Reading {
  readonly decoders: readonly Transform[];
}

/** Feeds the decoders with what `read` passes on, and passes what they give to the sink. Both wait for a sink that is slow. */
export async function decodeBody(
  read: (sink: Sink) => Promise<void>,
  { decoders, sink, cancel }: Decoding,
): Promise<void> {
  const [first, ...others] = decoders;
  if (first === undefined) return read(sink);
  // Without a listener, an error after the end of the decoded data would end the process.
  for (const decoder of decoders) decoder.on('error', ignore);
  // An error in one stream destroys those behind it: the reader of the last one gets it.
  const last = others.reduce<Readable>((before, next) => pipeline(before, next, ignore), first);
  const decoded: AsyncIterator<Uint8Array> = last[Symbol.asyncIterator]();
  const reader = { read: () => decoded.next(), cancel: async () => decoded.return?.() };
  const feed: Sink = (bytes) => (first.write(bytes) ? undefined : once(first, 'drain').then(ignore));
  const fed = read(feed).then(
    () => void first.end(),
    (error: Error) => void first.destroy(error),
  );
  // The encoded data may end before the body does. The connection is in use until the body ends.
  await Promise.all([readAll(reader, { sink, cancel }), fed]);
}

function ignore(): void {}
