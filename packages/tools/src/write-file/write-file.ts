import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { decodeText } from '../files/file-text.ts';
import { findPlace } from '../files/find-place.ts';
import { JAIL_HINTS, JAIL_KEYS, Jail, type JailOptions } from '../files/jail.ts';
import {
  createChangedError,
  createExistsError,
  createFile,
  type ExistingFile,
  readExisting,
  replaceFile,
} from '../files/replace-file.ts';
import { FileNotFoundError } from '../files/to-tool-error.ts';
import { createUnifiedDiff } from '../files/unified-diff.ts';
import { computeVersion, MAX_VERSIONED_BYTES } from '../files/version.ts';

export interface WriteFileOptions extends JailOptions {
  /** Maximum bytes of a file, at most 8 MiB. @defaultValue 1_048_576 */
  readonly maxBytes?: number;
  /** Whether to create missing folders on the way. @defaultValue 'refuse' */
  readonly folders?: 'create' | 'refuse';
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

interface Input {
  readonly path: string;
  readonly content: string;
  readonly version?: string | undefined;
}

const WRITE_FILE: OptionTable<WriteFileOptions> = {
  keys: {
    ...JAIL_KEYS,
    maxBytes: 'number',
    folders: { create: true, refuse: true },
    timeoutMs: 'number',
  },
  hints: JAIL_HINTS,
};

/**
 * Creates a tool that writes whole text files below the roots. Writing is atomic. An existing file is replaced only if it was read and has
 * not changed since. README.md in this folder says what it protects against.
 *
 * @throws ConfigError if a root is not a folder, or a limit is not a whole number.
 */
export function writeFile(options: WriteFileOptions): Tool<unknown> {
  const checked = checkOptions(options, WRITE_FILE, 'Tool "write_file"');
  const { maxBytes = 1_048_576, folders = 'refuse', timeoutMs = 10_000 } = checked;
  const jail = new Jail(options, 'write_file');
  checkPositive({ maxBytes }, 'write_file');
  const maxSize = Math.min(maxBytes, MAX_VERSIONED_BYTES);
  return tool({
    name: 'write_file',
    description:
      'Write a whole text file. To replace a file, read it first, and pass the version that read_file returned. To change part of a file, use edit_file.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      content: z.string().describe('The whole new content of the file.'),
      version: z.string().optional().describe('The version that read_file returned. Omit it for a new file.'),
    }),
    // A repeated call finds its own content, and returns the same result.
    effect: 'idempotent',
    timeoutMs,
    preview: (input) => formatPreview(jail, input),
    async execute(input, { signal }) {
      if (!input.content.isWellFormed()) {
        throw new ToolError('The content contains half of a character. Nothing was written. Pass whole characters.');
      }
      const bytes = new TextEncoder().encode(input.content);
      if (bytes.length > maxSize) {
        throw new ToolError(
          `The content has ${bytes.length} bytes; at most ${maxSize} are allowed. Write less, or several files.`,
        );
      }
      const before = await readIfPresent(jail, { ...input, signal });
      if (before === undefined) {
        if (input.version !== undefined) throw createGoneError(input.path);
        const place = await findPlace(jail, { path: input.path, signal, folders });
        await createFile(place, { bytes, signal });
        return formatResult(place.displayPath, bytes);
      }
      if (before.version === computeVersion(bytes)) return formatResult(before.displayPath, bytes);
      if (input.version === undefined) throw createExistsError(before.displayPath);
      if (input.version !== before.version) throw createChangedError(before.displayPath);
      await replaceFile(before, { bytes, signal });
      return formatResult(before.displayPath, bytes);
    },
  });
}

interface FileRequest {
  readonly path: string;
  readonly signal: AbortSignal;
}

/** `undefined` if the file does not exist. Rejects if the path is outside or denied. */
async function readIfPresent(jail: Jail, looking: FileRequest): Promise<ExistingFile | undefined> {
  try {
    return await readExisting(jail, looking);
  } catch (error) {
    if (error instanceof FileNotFoundError) return undefined;
    throw error;
  }
}

function createGoneError(path: string): ToolError {
  return new ToolError(`"${path}" no longer exists. Nothing was written. Omit the version to create it.`);
}

function formatResult(displayPath: string, bytes: Uint8Array): string {
  return `Wrote ${displayPath}: ${bytes.length} bytes.\n[version ${computeVersion(bytes)}]`;
}

const PREVIEW_MS = 5_000;

async function formatPreview(jail: Jail, { path, content }: Input): Promise<string> {
  try {
    const before = await readIfPresent(jail, { path, signal: AbortSignal.timeout(PREVIEW_MS) });
    const text = before === undefined ? '' : (decodeText(before.bytes)?.text ?? '');
    return escapeInvisible(
      createUnifiedDiff({ displayPath: before?.displayPath ?? path, before: text, after: content }),
    );
  } catch (error) {
    return escapeInvisible(ToolError.isInstance(error) ? error.message : `write ${path}`);
  }
}
