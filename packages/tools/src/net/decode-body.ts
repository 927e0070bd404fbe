import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ToolError } from '@pawl/core';

/** One encoding is enough; several hide decompression bombs. */
const MAX_ENCODINGS = 2;

const DECODERS: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  // Not available before Node 22.15.
  zstd: createZstdDecompress,
};

/** The `accept-encoding` header. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** Decodes a body by its `content-encoding` (RFC 9110, 8.4). */
export function decodeBody(body: Readable, encoding: string): Readable {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MAX_ENCODINGS)
    throw new ToolError(`The response is encoded ${names.length} times, so it was not read. Try another address.`);
  let stream = body;
  for (const name of names.toReversed()) {
    const decoder = DECODERS[name]?.();
    if (decoder === undefined)
      throw new ToolError(
        `The response has the unsupported encoding ${JSON.stringify(name)}, so it was not read. Try another address.`,
      );
    const from = stream;
    from.on('error', (error) => decoder.destroy(error));
    decoder.on('close', () => from.destroy());
    stream = from.pipe(decoder);
  }
  return stream;
}
