import type { ConversationChange, ConversationStore, StoredConversation } from './conversation.ts';

/** Creates a conversation store in memory. The conversations exist as long as the object. */
export function memoryConversations(): ConversationStore {
  return new MemoryConversationStore();
}

interface MemoryConversation {
  readonly version: number;
  /** JSON texts: a caller that changes a message it passed or got does not change the stored one. */
  readonly messages: readonly string[];
  readonly details?: string;
  /** The `writeId`s of all writes. */
  readonly writes: Set<string>;
}

class MemoryConversationStore implements ConversationStore {
  readonly #conversations = new Map<string, MemoryConversation>();

  async load(id: string): Promise<StoredConversation | undefined> {
    const kept = this.#conversations.get(id);
    if (kept === undefined) return undefined;
    const { version, messages, details } = kept;
    return {
      version,
      messages: messages.map((text) => JSON.parse(text)),
      ...(details !== undefined && { details: JSON.parse(details) }),
    };
  }

  async save(id: string, { version, keep, messages, details, writeId }: ConversationChange): Promise<boolean> {
    const kept: MemoryConversation = this.#conversations.get(id) ?? { version: 0, messages: [], writes: new Set() };
    if (writeId !== undefined && kept.writes.has(writeId)) return true;
    if (kept.version !== version) return false;
    if (writeId !== undefined) kept.writes.add(writeId);
    this.#conversations.set(id, {
      version: version + 1,
      messages: [...kept.messages.slice(0, keep), ...messages.map((message) => JSON.stringify(message))],
      writes: kept.writes,
      ...(kept.details !== undefined && { details: kept.details }),
      ...(details !== undefined && { details: JSON.stringify(details) }),
    });
    return true;
  }
}
