import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ProtocolError } from '../../chat/errors.ts';
import { TransportError } from '../transport.ts';

/**
 * The body of a reply, decoded as its `content-encoding` says (RFC 9110, section 8.4).
 *
 * Leaving it early destroys the socket, which `for await` does to a stream by itself.
 *
 * @throws ProtocolError for an encoding that was not asked for and is not known.
 */
export function decodeBody(reply: IncomingMessage, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const encodings = encodingsOf(reply);
  const decoders = encodings.map(decoderFor);
  return decoders.length === 0 ? piecesOf(reply, signal) : piecesOf(decoded(reply, decoders), signal);
}

/** The last one applied comes first. */
function encodingsOf({ headers }: IncomingMessage): readonly string[] {
  const given = headers['content-encoding'];
  if (given === undefined) return [];
  const names = given.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity').reverse();
}

function decoderFor(encoding: string): Transform {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
  }
  throw new ProtocolError(
    `The server's reply is encoded as "${encoding}", which was not asked for. Known are gzip, deflate and br.`,
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

async function* piecesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (cause) {
    throw signal.aborted ? signal.reason : new TransportError({ phase: 'reply', staleSocket: false, cause });
  }
}
