import type { Readable } from 'node:stream';
import type { Cancellation } from '../../base/cancellation.ts';
import { type Sink, TransportError } from './transport.ts';

export interface ReadingStream {
  readonly sink: Sink;
  readonly cancel: Cancellation;
}

/**
 * Hands a stream over piece by piece, without a promise for each; it stands still while the sink is behind.
 *
 * A server that is fast does not keep the process to itself: after some bytes everybody else has a turn.
 */
export function readStream(stream: Readable, { sink, cancel }: ReadingStream): Promise<void> {
  return new Promise((resolve, reject) => {
    let behind: Promise<void> | undefined;
    let bytesAtOnce = 0;
    const giveUp = (reason: unknown): void => {
      reject(reason);
      stream.destroy();
    };
    stream.on('data', (bytes: Uint8Array) => {
      try {
        behind = sink(bytes);
        bytesAtOnce += bytes.length;
        if (behind === undefined && bytesAtOnce < MOST_AT_ONCE) return;
        bytesAtOnce = 0;
        stream.pause();
        if (behind === undefined) setImmediate(() => stream.resume());
        else behind.then(() => stream.resume(), giveUp);
      } catch (error) {
        giveUp(error);
      }
    });
    let hasEnded = false;
    stream.on('end', () => {
      hasEnded = true;
      resolve(behind); // A stream that stands still may come to its end all the same.
    });
    const broken = (cause?: Error): void => {
      if (hasEnded) return;
      if (cancel.isCancelled) reject(cancel.reason);
      else if (cause instanceof TransportError) reject(cause);
      else reject(new TransportError({ phase: 'reply', staleSocket: false, cause }));
    };
    stream.on('error', broken);
    stream.on('close', broken); // A stream that is destroyed need not say why.
  });
}

const MOST_AT_ONCE = 32 * 1024;
