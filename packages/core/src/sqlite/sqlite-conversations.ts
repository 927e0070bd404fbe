import type { DatabaseSync } from 'node:sqlite';
import { completeClock, systemClock } from '../base/clock.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { checkNumber } from '../host/check-number.ts';
import type { ConversationChange, ConversationStore, StoredConversation } from '../host/conversation.ts';
import { openDatabase, toDatabaseError } from './database.ts';
import { FileGuard, readDatabasePath } from './database-path.ts';
import type { SqliteHostOptions } from './host-types.ts';
import { readMonotonicMs } from './machine.ts';
import { Writer } from './writer.ts';

export type SqliteConversationsOptions = Pick<SqliteHostOptions, 'synchronous' | 'lockTimeoutMs' | 'clock'>;

export interface SqliteConversations extends ConversationStore {
  /** Closes the file after the writes that were requested before. */
  close(): Promise<void>;
}

/**
 * Stores conversations in a file. Several processes may open it at once, and it may be the file of `sqliteHost()`.
 *
 * @throws ConfigError and HostError as `sqliteHost()` does.
 */
export function sqliteConversations(path: string | URL, given: SqliteConversationsOptions = {}): SqliteConversations {
  const options = checkOptions(given, CONVERSATIONS, 'sqliteConversations');
  const { synchronous = 'full', lockTimeoutMs = 5_000 } = options;
  const clock = completeClock(options.clock ?? systemClock);
  checkNumber(lockTimeoutMs, { option: 'sqliteConversations: lockTimeoutMs', min: 0, allowsInfinity: true });
  return new ConversationTable(readDatabasePath(path, 'sqliteConversations'), { synchronous, lockTimeoutMs, clock });
}

export const LOCK_HINTS: Readonly<Record<string, string>> = {
  timeout: 'The option is "lockTimeoutMs".',
  busyTimeout: 'The option is "lockTimeoutMs".',
  lockedMs: 'The option is "lockTimeoutMs".',
};

const CONVERSATIONS: OptionTable<SqliteConversationsOptions> = {
  keys: { synchronous: { full: true, normal: true }, lockTimeoutMs: 'number', clock: 'clock' },
  hints: LOCK_HINTS,
};

class ConversationTable implements SqliteConversations {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #writer: Writer;
  #closed: Promise<void> | undefined;

  constructor(path: string, { synchronous, lockTimeoutMs, clock }: Required<SqliteConversationsOptions>) {
    this.#path = path;
    this.#database = openDatabase(path, { synchronous });
    const file = new FileGuard(path);
    const readTimeMs = (): number => clock.monotonic?.() ?? readMonotonicMs();
    const checkFile = (): void => file.check(readMonotonicMs());
    this.#writer = new Writer(this.#database, { path, clock, monotonic: readTimeMs, lockTimeoutMs, checkFile });
  }

  async load(id: string): Promise<StoredConversation | undefined> {
    try {
      return this.#find(id);
    } catch (error) {
      throw toDatabaseError(error, this.#path);
    }
  }

  async save(id: string, change: ConversationChange): Promise<boolean> {
    const texts = change.messages.map((message) => JSON.stringify(message));
    return this.#writer.write(() => this.#save(id, { ...change, texts }));
  }

  close(): Promise<void> {
    this.#closed ??= this.#writer.write(() => undefined).finally(() => this.#database.close());
    return this.#closed;
  }

  /** Reads version and messages in one statement, so that no write comes in between. */
  #find(id: string): StoredConversation | undefined {
    const rows = this.#database
      .prepare(
        `SELECT version, details, message FROM conversations LEFT JOIN conversation_messages USING (conversation_id)
         WHERE conversation_id = ? ORDER BY position`,
      )
      .all(id);
    const [first] = rows;
    if (first === undefined) return undefined;
    const messages = rows.flatMap(({ message }): Message[] => {
      return typeof message === 'string' ? [JSON.parse(message)] : []; // Only this class writes the column.
    });
    const { version, details } = first;
    return {
      version: Number(version),
      messages,
      ...(typeof details === 'string' && { details: JSON.parse(details) }),
    };
  }

  #save(id: string, { version, keep, details, writeId, texts }: ConversationWrite): boolean {
    const database = this.#database;
    const written = database.prepare('SELECT 1 FROM conversation_runs WHERE conversation_id = ? AND run_id = ?');
    if (writeId !== undefined && written.get(id, writeId) !== undefined) return true;
    const { changes } =
      version === 0
        ? database.prepare('INSERT OR IGNORE INTO conversations VALUES (?, 1, NULL)').run(id)
        : database
            .prepare('UPDATE conversations SET version = version + 1 WHERE conversation_id = ? AND version = ?')
            .run(id, version);
    if (changes === 0) return false;
    if (details !== undefined)
      database
        .prepare('UPDATE conversations SET details = ? WHERE conversation_id = ?')
        .run(JSON.stringify(details), id);
    database.prepare('DELETE FROM conversation_messages WHERE conversation_id = ? AND position >= ?').run(id, keep);
    const insert = database.prepare('INSERT INTO conversation_messages VALUES (?, ?, ?)');
    for (const [index, text] of texts.entries()) insert.run(id, keep + index, text);
    if (writeId !== undefined) {
      database.prepare('INSERT INTO conversation_runs VALUES (?, ?, ?)').run(id, version, writeId);
    }
    return true;
  }
}

interface ConversationWrite extends ConversationChange {
  /** The messages as JSON. */
  readonly texts: readonly string[];
}
