import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { quote } from '../base/quote.ts';
import { decodeText, encodeText, type FileText } from '../files/file-text.ts';
import { JAIL_HINTS, JAIL_KEYS, Jail, type JailOptions } from '../files/jail.ts';
import { createChangedError, type ExistingFile, readExisting, replaceFile } from '../files/replace-file.ts';
import { createUnifiedDiff } from '../files/unified-diff.ts';
import { computeVersion, MAX_VERSIONED_BYTES } from '../files/version.ts';
import { applyEdits, type Edit } from './apply-edits.ts';

export interface EditFileOptions extends JailOptions {
  /** The most bytes that a file may have when it is edited. @defaultValue 1_048_576 */
  readonly maxBytes?: number;
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

interface Input {
  readonly path: string;
  readonly version: string;
  readonly edits: readonly Edit[];
}

const EDIT_FILE: OptionTable<EditFileOptions> = {
  keys: {
    ...JAIL_KEYS,
    maxBytes: 'number',
    timeoutMs: 'number',
  },
  hints: JAIL_HINTS,
};

/**
 * A tool that changes parts of a text file, all of them or none, where the file is still as it was read. See README.md beside this file for
 * what it protects against and what not.
 *
 * @throws ConfigError for roots that are no folders, and caps that are no whole numbers.
 */
export function editFile(given: EditFileOptions): Tool<unknown> {
  const options = checkOptions(given, EDIT_FILE, 'Tool "edit_file"');
  const { maxBytes = 1_048_576, timeoutMs = 10_000 } = options;
  const jail = new Jail(options, 'edit_file');
  checkPositive({ maxBytes }, 'edit_file');
  const maxSize = Math.min(maxBytes, MAX_VERSIONED_BYTES);
  return tool({
    name: 'edit_file',
    description:
      'Changes parts of a text file: each text to find has to be in it exactly once. Read the file first, and pass the version that read_file tells you. Gives back what changed.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      version: z.string().min(1).describe('The version that read_file told.'),
      edits: z
        .array(
          z.object({
            find: z
              .string()
              .min(1)
              .describe('Text as it is in the file, letter by letter, with its spaces and line breaks.'),
            replace: z.string().describe('What is to be there instead.'),
            occurrences: z
              .enum(['one', 'all'])
              .optional()
              .describe('all: replace it wherever it is. Otherwise it has to be there once.'),
          }),
        )
        .min(1)
        .max(100)
        .describe('All are made, or none. Each is found in the file as you read it.'),
    }),
    // Repeated, it finds another version than the one it was asked to change, and does nothing.
    effect: 'idempotent',
    timeoutMs,
    preview: async (input) => {
      try {
        const { diff } = await makeEdits(jail, {
          ...input,
          maxLength: maxSize,
          signal: AbortSignal.timeout(PREVIEW_MS),
        });
        return escapeInvisible(diff);
      } catch (error) {
        return escapeInvisible(ToolError.isInstance(error) ? error.message : `edit ${input.path}`);
      }
    },
    async execute(input, { signal }) {
      const { before, bytes, diff } = await makeEdits(jail, { ...input, maxLength: maxSize, signal });
      if (bytes.length > maxSize) {
        throw new ToolError(
          `${quote(before.displayPath)} would have ${bytes.length} bytes, and may have ${maxSize}. Nothing was written.`,
        );
      }
      await replaceFile(before, { bytes, signal });
      return `${diff}\n[version ${computeVersion(bytes)}]`;
    },
  });
}

const PREVIEW_MS = 5_000;

interface EditResult {
  readonly before: ExistingFile;
  readonly bytes: Uint8Array;
  readonly diff: string;
}

interface EditRequest extends Input {
  readonly maxLength: number;
  readonly signal: AbortSignal;
}

async function makeEdits(jail: Jail, { path, version, edits, maxLength, signal }: EditRequest): Promise<EditResult> {
  const before = await readExisting(jail, { path, signal });
  if (before.version !== version) throw createStaleError(before, edits);
  const text = decodeText(before.bytes);
  if (text === undefined) throw new ToolError(`${quote(before.displayPath)} is no UTF-8 text: it can't be edited.`);
  const after: FileText = {
    ...text,
    text: applyEdits(text.text, { edits: edits.map(normalizeLineBreaks), maxLength }),
  };
  return {
    before,
    bytes: encodeText(after),
    diff: createUnifiedDiff({ displayPath: before.displayPath, before: text.text, after: after.text }),
  };
}

/** A call that a crash made twice finds its own work: the model has to hear of that. */
function createStaleError({ displayPath, bytes }: ExistingFile, edits: readonly Edit[]): ToolError {
  const text = decodeText(bytes)?.text ?? '';
  const isThere = edits.every(
    ({ find, replace }) => text.includes(replace) && (replace.includes(find) || !text.includes(find)),
  );
  const { message } = createChangedError(displayPath);
  return new ToolError(isThere ? `${message} It seems to have these edits already.` : message);
}

/** Models write line breaks as they like; the file keeps its own. */
function normalizeLineBreaks({ find, replace, ...edit }: Edit): Edit {
  return { ...edit, find: find.replaceAll('\r\n', '\n'), replace: replace.replaceAll('\r\n', '\n') };
}
