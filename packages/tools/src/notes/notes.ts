import { ConfigError, checkOptions, HostError, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { visible } from '../base/visible.ts';
import { sliceStart } from '../base/whole.ts';

export interface NotesOptions<Context> {
  /** Where conversations are kept: `memoryConversations()`, `sqliteConversations(path)`, or one of yours. */
  readonly store: ConversationStore;
  /** Whose notes these are: a conversation's id, a user's. Nobody reads those of another id. */
  readonly id: string | ((context: Context) => string);
  /** @defaultValue 'notes' */
  readonly name?: string;
  /** The most notes of one id. @defaultValue 100 */
  readonly maxNotes?: number;
  /** The most characters of one note. @defaultValue 4_000 */
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
 * A tool by which the model remembers things by key, beyond the run and the conversation's messages. See README.md beside this file for what it
 * protects against and what not.
 *
 * @throws ConfigError for a name that can't be sent, or caps that are no whole numbers.
 */
export function notes<Context = unknown>(given: NotesOptions<Context>): Tool<Context> {
  const options = checkOptions(given, NOTES, 'Tool "notes"');
  const { store, id, name = 'notes', maxNotes = 100, maxLength = 4_000, timeoutMs = 10_000 } = options;
  if (typeof store?.load !== 'function' || typeof store.save !== 'function') {
    throw new ConfigError(`Tool "${name}" has no store. Pass memoryConversations(), or another ConversationStore.`);
  }
  if (id === undefined || id === '') {
    throw new ConfigError(`Tool "${name}" has no id. Pass whose notes these are: id: (context) => context.userId.`);
  }
  checkPositive({ maxNotes, maxLength }, name);
  return tool<Input, Context>({
    name,
    description: 'Remembers things by key, also in later conversations. read without a key lists what there is.',
    input: z.object({
      action: z.enum(['read', 'write', 'delete']).describe('What to do.'),
      key: z
        .string()
        .min(1)
        .max(MAX_KEY_LENGTH)
        .optional()
        .describe('The name of the note: short, such as favourite_colour.'),
      text: z.string().max(maxLength).optional().describe('For write: what to remember. It replaces what was there.'),
    }),
    // Written twice it is the same.
    effect: 'idempotent',
    timeoutMs,
    maxResultLength: maxLength + 200 * maxNotes + 1_000,
    preview: ({ action, key, text }) => visible([action, key, text].filter((part) => part !== undefined).join(': ')),
    execute({ action, key, text }, { context, signal }) {
      const book = new Book(store, { id: typeof id === 'function' ? id(context) : id, maxNotes, signal });
      switch (action) {
        case 'read':
          return key === undefined ? book.list() : book.read(key);
        case 'write':
          if (key === undefined || text === undefined) throw new ToolError('write needs a key and a text. Pass both.');
          return book.write(key, text);
        case 'delete':
          if (key === undefined) throw new ToolError('delete needs a key. Pass the one to forget.');
          return book.write(key, undefined);
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
/** Others may write at the same time. */
const MAX_TRIES = 10;

interface Keeping {
  readonly id: string;
  readonly maxNotes: number;
  readonly signal: AbortSignal;
}

interface Page {
  readonly version: number;
  readonly notes: ReadonlyMap<string, string>;
}

/** All notes of one id: a conversation of one message, so that any store can keep them. */
class Book {
  readonly #store: ConversationStore;
  readonly #keeping: Keeping;

  constructor(store: ConversationStore, keeping: Keeping) {
    this.#store = store;
    this.#keeping = keeping;
  }

  async list(): Promise<string> {
    const { notes: kept } = await this.#load();
    if (kept.size === 0) return 'There are no notes.';
    return [...kept]
      .map(([key, text]) => `${key}: ${text.length > 100 ? `${sliceStart(text, 100)}…` : text}`)
      .join('\n');
  }

  async read(key: string): Promise<string> {
    const { notes: kept } = await this.#load();
    const text = kept.get(key);
    if (text !== undefined) return text;
    throw new ToolError(`There is no note "${key}". There are: ${[...kept.keys()].join(', ') || 'none'}.`);
  }

  /** `undefined` forgets it. */
  async write(key: string, text: string | undefined): Promise<string> {
    const { maxNotes, signal } = this.#keeping;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      signal.throwIfAborted();
      const { version, notes: kept } = await this.#load();
      const changed = new Map(kept);
      if (text === undefined) changed.delete(key);
      else changed.set(key, text);
      if (changed.size > maxNotes) {
        throw new ToolError(
          `There are ${maxNotes} notes already, and no more can be kept. Delete some first: ${[...kept.keys()].join(', ')}.`,
        );
      }
      const content = JSON.stringify(Object.fromEntries(changed));
      if (await this.#store.save(this.#name, { version, keep: 0, messages: [{ role: 'user', content }] })) {
        return text === undefined ? `Forgotten: ${key}.` : `Remembered: ${key}.`;
      }
    }
    throw new ToolError('Others write notes all the time. Nothing was changed. Try again.');
  }

  /** Never a conversation's own id. */
  get #name(): string {
    return `notes:${this.#keeping.id}`;
  }

  async #load(): Promise<Page> {
    const stored = await this.#store.load(this.#name);
    const content = stored?.messages[0]?.content;
    if (stored === undefined || typeof content !== 'string') return { version: stored?.version ?? 0, notes: new Map() };
    return { version: stored.version, notes: new Map(Object.entries(read(content, this.#name))) };
  }
}

function read(content: string, name: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(content); // Written by this tool only.
  } catch (cause) {
    throw new HostError(`Conversation "${name}" holds no notes. Give the notes another id.`, {
      code: 'conversation.store',
      cause,
    });
  }
}
