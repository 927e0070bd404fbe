import { once } from 'node:events';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ProtocolError } from '../../chat/errors.ts';
import { type ReadAllOptions, readAll } from './fetch-transport.ts';
import type { HttpResponse, Sink } from './transport.ts';

/**
 * Creates the streams that decode the body of a response, as its `content-encoding` says (RFC 9110, section 8.4). The first is
 * for the encoding that was applied last.
 *
 * @throws ProtocolError for an unknown encoding.
 */
export function createDecoders(response: Pick<HttpResponse, 'status' | 'getHeader'>): readonly Transform[] {
  const contentEncoding = response.getHeader('content-encoding');
  if (contentEncoding === undefined) return NONE;
  const encodings = parseEncodings(contentEncoding);
  const unknown =
    encodings.length > MAX_ENCODINGS ? encodings.join(', ') : encodings.find((encoding) => !(encoding in DECODERS));
  // An error is reported by its status, even if its body cannot be decoded.
  if (unknown !== undefined && response.status >= 300) return NONE;
  if (unknown !== undefined) throw createUnknownEncodingError(unknown);
  return encodings.flatMap((encoding) => DECODERS[encoding]?.() ?? []);
}

const NONE: readonly Transform[] = [];

/** Servers apply one encoding, rarely two. Each costs memory, and a hostile header could name thousands. */
const MAX_ENCODINGS = 3;

/** Leaves out `identity`, and the names of character sets that some servers put there. */
function parseEncodings(contentEncoding: string): readonly string[] {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && !/^(identity|none|utf-?8|[78]bit|binary)$/.test(name)).reverse();
}

// Decodes data without its end as far as possible: if the JSON is incomplete, parsing it fails.
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

function createUnknownEncodingError(encoding: string): ProtocolError {
  return new ProtocolError(
    `The server's response has the encoding "${encoding.slice(0, 100)}", which was not requested. Supported are gzip, deflate, br and zstd.`,
    { code: 'response.encoding', retryable: false },
  );
}

export interface DecodeBodyOptions extends ReadAllOptions {
  readonly decoders: readonly Transform[];
}

/** Decodes the bytes of `read` and passes them to the sink. Waits for a slow sink. */
export async function decodeBody(
  read: (sink: Sink) => Promise<void>,
  { decoders, sink, cancel }: DecodeBodyOptions,
): Promise<void> {
  const [first, ...others] = decoders;
  if (first === undefined) return read(sink);
  // Without a listener, an error after the end of the decoded data would end the process.
  for (const decoder of decoders) decoder.on('error', ignore);
  // An error in one stream destroys the following ones, so the reader of the last stream gets it.
  const last = others.reduce<Readable>((before, next) => pipeline(before, next, ignore), first);
  const decoded: AsyncIterator<Uint8Array> = last[Symbol.asyncIterator]();
  const reader = { read: () => decoded.next(), cancel: async () => decoded.return?.() };
  const writeEncoded: Sink = (bytes) => (first.write(bytes) ? undefined : once(first, 'drain').then(ignore));
  const writtenToEnd = read(writeEncoded).then(
    () => void first.end(),
    (error: Error) => void first.destroy(error),
  );
  // The encoded data may end before the body does. The connection is in use until the body ends.
  await Promise.all([readAll(reader, { sink, cancel }), writtenToEnd]);
}

function ignore(): void {}
