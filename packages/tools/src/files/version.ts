import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';

/** Larger files have no version, and can't be written. */
export const MAX_VERSIONED_BYTES: number = 8 * 2 ** 20;

const DIGITS = 16;

/** What a file's content is told apart by: the beginning of SHA-256 over its bytes. The same in every process, and after a crash. */
export function computeVersion(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, DIGITS);
}

/** The whole of a file; `undefined` where it is too large to have a version. */
export async function readWhole(
  handle: FileHandle,
  { signal }: { readonly signal: AbortSignal },
): Promise<Buffer | undefined> {
  const { size } = await handle.stat();
  if (size > MAX_VERSIONED_BYTES) return undefined;
  // One byte more than there can be: what has grown since it was asked is seen.
  const bytes = Buffer.alloc(Math.min(size, MAX_VERSIONED_BYTES) + 1);
  let filled = 0;
  while (filled < bytes.length) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return undefined;
}

export function createTooLargeError(displayPath: string): ToolError {
  return new ToolError(
    `${quote(displayPath)} is larger than ${MAX_VERSIONED_BYTES} bytes: it can't be written with this tool.`,
  );
}
