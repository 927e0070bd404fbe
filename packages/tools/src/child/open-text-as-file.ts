import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Opens a file without a name that contains a text, for a child to read. The caller closes it. */
export function openTextAsFile(text: string): number {
  const path = join(tmpdir(), `pawl-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path);
    const bytes = Buffer.from(text);
    // Writes at explicit positions, so that the child reads from the start.
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written, bytes.length - written, written);
    }
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
