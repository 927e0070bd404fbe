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
  /** The most bytes of a file. @defaultValue 1_048_576 */
  readonly maxBytes?: number;
  /** What happens where a folder on the way is missing. @defaultValue 'refuse' */
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
 * A tool that writes whole text files below the roots given, each at once or not at all, and over none that was not read first or has
 * changed since. See README.md beside this file for what it protects against and what not.
 *
 * @throws ConfigError for roots that are no folders, and caps that are no whole numbers.
 */
export function writeFile(given: WriteFileOptions): Tool<unknown> {
  const options = checkOptions(given, WRITE_FILE, 'Tool "write_file"');
  const { maxBytes = 1_048_576, folders = 'refuse', timeoutMs = 10_000 } = options;
  const jail = new Jail(options, 'write_file');
  checkPositive({ maxBytes }, 'write_file');
  const maxSize = Math.min(maxBytes, MAX_VERSIONED_BYTES);
  return tool({
    name: 'write_file',
    description:
      'Writes a whole text file. To write over one, read it first, and pass the version that read_file tells you. To change a part of a file, edit_file is better.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      content: z.string().describe('All that the file is to have.'),
      version: z.string().optional().describe('The version that read_file told; left out for a new file.'),
    }),
    // Repeated, it finds its own content there, and says the same.
    effect: 'idempotent',
    timeoutMs,
    preview: (input) => formatPreview(jail, input),
    async execute(input, { signal }) {
      if (!input.content.isWellFormed()) {
        throw new ToolError('The content has half of a character in it. Nothing was written. Pass whole ones.');
      }
      const bytes = new TextEncoder().encode(input.content);
      if (bytes.length > maxSize) {
        throw new ToolError(
          `The content has ${bytes.length} bytes, and may have ${maxSize}. Write less, or several files.`,
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

/** `undefined` where there is no such file. What may not be looked at rejects. */
async function readIfPresent(jail: Jail, looking: FileRequest): Promise<ExistingFile | undefined> {
  try {
    return await readExisting(jail, looking);
  } catch (error) {
    if (error instanceof FileNotFoundError) return undefined;
    throw error;
  }
}

function createGoneError(path: string): ToolError {
  return new ToolError(`There is no "${path}" any more. Nothing was written. Leave the version out to write it anew.`);
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
