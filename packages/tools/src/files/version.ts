import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';

/** Larger files have no version and cannot be written. */
export const MAX_VERSIONED_BYTES: number = 8 * 2 ** 20;

const DIGITS = 16;

/** Computes a file's version from its bytes: the beginning of their SHA-256. It is the same in every process. */
export function computeVersion(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, DIGITS);
}

/** Reads a whole file; `undefined` if it is too large for a version. */
export async function readWhole(
  handle: FileHandle,
  { signal }: { readonly signal: AbortSignal },
): Promise<Buffer | undefined> {
  const { size } = await handle.stat();
  if (size > MAX_VERSIONED_BYTES) return undefined;
  // One byte more than the size: this detects a file that has grown since `stat`.
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
    `${quote(displayPath)} is larger than ${MAX_VERSIONED_BYTES} bytes, so this tool cannot write it.`,
  );
}
