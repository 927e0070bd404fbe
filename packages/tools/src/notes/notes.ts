import { ConfigError, checkOptions, HostError, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface NotesOptions<Context> {
  /** The store of the notes: `memoryConversations()`, `sqliteConversations(path)`, or another `ConversationStore`. */
  readonly store: ConversationStore;
  /** The owner of the notes: the id of a user or a conversation. Each id has notes of its own. */
  readonly id: string | ((context: Context) => string);
  /** @defaultValue 'notes' */
  readonly name?: string;
  /** Maximum notes of one id. @defaultValue 100 */
  readonly maxNotes?: number;
  /** Maximum characters of one note. @defaultValue 4_000 */
  readonly maxLength?: number;
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

const NOTES: OptionTable<NotesOptions<never>> = {
  keys: {
    store: 'any',
    id: ['text', 'function'],
    name: 'any',
    maxNotes: 'number',
    maxLength: 'number',
    timeoutMs: 'number',
  },
};

/**
 * Creates a tool that stores notes by key, across runs and conversations. README.md in this folder says what it protects against.
 *
 * @throws ConfigError if the name is invalid, the store or the id is missing, or a limit is not a whole number.
 */
export function notes<Context = unknown>(options: NotesOptions<Context>): Tool<Context> {
  const checked = checkOptions(options, NOTES, 'Tool "notes"');
  const { store, id, name = 'notes', maxNotes = 100, maxLength = 4_000, timeoutMs = 10_000 } = checked;
  if (typeof store?.load !== 'function' || typeof store.save !== 'function') {
    throw new ConfigError(`Tool "${name}" has no store. Pass memoryConversations() or another ConversationStore.`);
  }
  if (id === undefined || id === '') {
    throw new ConfigError(`Tool "${name}" has no id. Pass the owner of the notes: id: (context) => context.userId.`);
  }
  checkPositive({ maxNotes, maxLength }, name);
  return tool<Input, Context>({
    name,
    description: 'Store notes by key, also for later conversations. Use read without a key to list all notes.',
    input: z.object({
      action: z.enum(['read', 'write', 'delete']).describe('The action.'),
      key: z
        .string()
        .min(1)
        .max(MAX_KEY_LENGTH)
        .optional()
        .describe('The name of the note. Keep it short, such as favourite_colour.'),
      text: z
        .string()
        .max(maxLength)
        .optional()
        .describe('For write: the text to store. It replaces the old text of this key.'),
    }),
    // Writing the same note twice has the same result.
    effect: 'idempotent',
    timeoutMs,
    maxResultLength: maxLength + 200 * maxNotes + 1_000,
    preview: ({ action, key, text }) =>
      escapeInvisible([action, key, text].filter((part) => part !== undefined).join(': ')),
    execute({ action, key, text }, { context, signal }) {
      const noteBook = new NoteBook(store, { id: typeof id === 'function' ? id(context) : id, maxNotes, signal });
      switch (action) {
        case 'read':
          return key === undefined ? noteBook.list() : noteBook.read(key);
        case 'write':
          if (key === undefined || text === undefined) throw new ToolError('write needs a key and a text. Pass both.');
          return noteBook.write(key, text);
        case 'delete':
          if (key === undefined) throw new ToolError('delete needs a key. Pass the key of the note to delete.');
          return noteBook.write(key, undefined);
      }
    },
  });
}

interface Input {
  readonly action: 'read' | 'write' | 'delete';
  readonly key?: string | undefined;
  readonly text?: string | undefined;
}

const MAX_KEY_LENGTH = 100;
/** Another run may write at the same time. */
const MAX_TRIES = 10;

interface NoteScope {
  readonly id: string;
  readonly maxNotes: number;
  readonly signal: AbortSignal;
}

interface StoredNotes {
  readonly version: number;
  readonly notes: ReadonlyMap<string, string>;
}

/** The notes of one id, stored as a conversation of one message, so that any `ConversationStore` works. */
class NoteBook {
  readonly #store: ConversationStore;
  readonly #scope: NoteScope;

  constructor(store: ConversationStore, scope: NoteScope) {
    this.#store = store;
    this.#scope = scope;
  }

  async list(): Promise<string> {
    const { notes: stored } = await this.#load();
    if (stored.size === 0) return 'There are no notes.';
    return [...stored]
      .map(([key, text]) => `${key}: ${text.length > 100 ? `${sliceStart(text, 100)}…` : text}`)
      .join('\n');
  }

  async read(key: string): Promise<string> {
    const { notes: stored } = await this.#load();
    const text = stored.get(key);
    if (text !== undefined) return text;
    throw new ToolError(`There is no note "${key}". Existing keys: ${[...stored.keys()].join(', ') || 'none'}.`);
  }

  /** Writes a note, or deletes it if the text is `undefined`. */
  async write(key: string, text: string | undefined): Promise<string> {
    const { maxNotes, signal } = this.#scope;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      signal.throwIfAborted();
      const { version, notes: stored } = await this.#load();
      const changed = new Map(stored);
      if (text === undefined) changed.delete(key);
      else changed.set(key, text);
      if (changed.size > maxNotes) {
        throw new ToolError(
          `The limit of ${maxNotes} notes is reached. Delete notes first. Existing keys: ${[...stored.keys()].join(', ')}.`,
        );
      }
      const content = JSON.stringify(Object.fromEntries(changed));
      if (await this.#store.save(this.#name, { version, keep: 0, messages: [{ role: 'user', content }] })) {
        return text === undefined ? `Deleted: ${key}.` : `Stored: ${key}.`;
      }
    }
    throw new ToolError('Other runs keep changing the notes. Nothing was changed. Try again.');
  }

  /** The prefix keeps the name different from a conversation's id. */
  get #name(): string {
    return `notes:${this.#scope.id}`;
  }

  async #load(): Promise<StoredNotes> {
    const stored = await this.#store.load(this.#name);
    const content = stored?.messages[0]?.content;
    if (stored === undefined || typeof content !== 'string') return { version: stored?.version ?? 0, notes: new Map() };
    return { version: stored.version, notes: new Map(Object.entries(parseNotes(content, this.#name))) };
  }
}

function parseNotes(content: string, name: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(content); // Written by this tool only.
  } catch (cause) {
    throw new HostError(`Conversation "${name}" contains no notes. Pass another id for the notes.`, {
      code: 'conversation.store',
      cause,
    });
  }
}
