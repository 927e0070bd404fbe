import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { visible } from '../base/visible.ts';
import { JAIL, JAIL_HINTS, Jail, type JailOptions } from '../files/jail.ts';
import { placeFor } from '../files/place.ts';
import { NotThere } from '../files/problem.ts';
import { changed, createFile, type Existing, existing, existsAlready, replaceFile } from '../files/replace-file.ts';
import { textOf } from '../files/text-form.ts';
import { unifiedDiff } from '../files/unified-diff.ts';
import { MAX_VERSIONED_BYTES, versionOf } from '../files/version.ts';

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
    ...JAIL,
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
  const most = Math.min(maxBytes, MAX_VERSIONED_BYTES);
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
    preview: (input) => previewOf(jail, input),
    async execute(input, { signal }) {
      if (!input.content.isWellFormed()) {
        throw new ToolError('The content has half of a character in it. Nothing was written. Pass whole ones.');
      }
      const bytes = new TextEncoder().encode(input.content);
      if (bytes.length > most) {
        throw new ToolError(
          `The content has ${bytes.length} bytes, and may have ${most}. Write less, or several files.`,
        );
      }
      const before = await present(jail, { ...input, signal });
      if (before === undefined) {
        if (input.version !== undefined) throw gone(input.path);
        const place = await placeFor(jail, { path: input.path, signal, folders });
        await createFile(place, { bytes, signal });
        return told(place.shown, bytes);
      }
      if (before.version === versionOf(bytes)) return told(before.shown, bytes);
      if (input.version === undefined) throw existsAlready(before.shown);
      if (input.version !== before.version) throw changed(before.shown);
      await replaceFile(before, { bytes, signal });
      return told(before.shown, bytes);
    },
  });
}

interface Looking {
  readonly path: string;
  readonly signal: AbortSignal;
}

/** `undefined` where there is no such file. What may not be looked at rejects. */
async function present(jail: Jail, looking: Looking): Promise<Existing | undefined> {
  try {
    return await existing(jail, looking);
  } catch (error) {
    if (error instanceof NotThere) return undefined;
    throw error;
  }
}

function gone(path: string): ToolError {
  return new ToolError(`There is no "${path}" any more. Nothing was written. Leave the version out to write it anew.`);
}

function told(shown: string, bytes: Uint8Array): string {
  return `Wrote ${shown}: ${bytes.length} bytes.\n[version ${versionOf(bytes)}]`;
}

const PREVIEW_MS = 5_000;

async function previewOf(jail: Jail, { path, content }: Input): Promise<string> {
  try {
    const before = await present(jail, { path, signal: AbortSignal.timeout(PREVIEW_MS) });
    const text = before === undefined ? '' : (textOf(before.bytes)?.text ?? '');
    return visible(unifiedDiff({ shown: before?.shown ?? path, before: text, after: content }));
  } catch (error) {
    return visible(ToolError.isInstance(error) ? error.message : `write ${path}`);
  }
}
