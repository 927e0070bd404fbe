import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ToolError } from '@pawl/core';

/** One is enough; more are used to hide bombs. */
const MAX_ENCODINGS = 2;

const DECODERS: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  // Absent before Node 22.15.
  zstd: createZstdDecompress,
};

/** What is asked for of servers. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** The body's own bytes, by its `content-encoding` (RFC 9110, 8.4). */
export function decodeBody(body: Readable, encoding: string): Readable {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MAX_ENCODINGS) throw new ToolError(`The answer is encoded ${names.length} times. It is not read.`);
  let stream = body;
  for (const name of names.toReversed()) {
    const decoder = DECODERS[name]?.();
    if (decoder === undefined)
      throw new ToolError(`The answer is encoded as ${JSON.stringify(name)}, which is not read.`);
    const from = stream;
    from.on('error', (error) => decoder.destroy(error));
    decoder.on('close', () => from.destroy());
    stream = from.pipe(decoder);
  }
  return stream;
}
