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
  /** Maximum bytes of the file after the edits, at most 8 MiB. @defaultValue 1_048_576 */
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
 * Creates a tool that edits a text file. It applies all edits or none, and only if the file has not changed since it was read. README.md in
 * this folder says what it protects against.
 *
 * @throws ConfigError if a root is not a folder, or a limit is not a whole number.
 */
export function editFile(options: EditFileOptions): Tool<unknown> {
  const { maxBytes = 1_048_576, timeoutMs = 10_000 } = checkOptions(options, EDIT_FILE, 'Tool "edit_file"');
  const jail = new Jail(options, 'edit_file');
  checkPositive({ maxBytes }, 'edit_file');
  const maxSize = Math.min(maxBytes, MAX_VERSIONED_BYTES);
  return tool({
    name: 'edit_file',
    description:
      'Replace parts of a text file. Each text to find must be in the file exactly once. Read the file first, and pass the version that read_file returned. Returns the difference.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      version: z.string().min(1).describe('The version that read_file returned.'),
      edits: z
        .array(
          z.object({
            find: z.string().min(1).describe('The exact text in the file, with its spaces and line breaks.'),
            replace: z.string().describe('The text to put in its place.'),
            occurrences: z
              .enum(['one', 'all'])
              .optional()
              .describe('all: replace every occurrence. Otherwise the text must occur once.'),
          }),
        )
        .min(1)
        .max(100)
        .describe('All edits are applied, or none. Each find refers to the file as you read it.'),
    }),
    // A repeated call finds a version other than the one it names, and changes nothing.
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
          `${quote(before.displayPath)} would have ${bytes.length} bytes; at most ${maxSize} are allowed. Nothing was written.`,
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
  if (text === undefined)
    throw new ToolError(`${quote(before.displayPath)} is not UTF-8 text, so it cannot be edited.`);
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

/** A call that is repeated after a crash finds its own edits: the error says so, or the model would repeat them. */
function createStaleError({ displayPath, bytes }: ExistingFile, edits: readonly Edit[]): ToolError {
  const text = decodeText(bytes)?.text ?? '';
  const isThere = edits.every(
    ({ find, replace }) => text.includes(replace) && (replace.includes(find) || !text.includes(find)),
  );
  const { message } = createChangedError(displayPath);
  return new ToolError(isThere ? `${message} It seems to contain these edits already.` : message);
}

/** Models write either kind of line break; the file keeps its own. */
function normalizeLineBreaks({ find, replace, ...edit }: Edit): Edit {
  return { ...edit, find: find.replaceAll('\r\n', '\n'), replace: replace.replaceAll('\r\n', '\n') };
}
