import type { ConversationChange, ConversationStore, StoredConversation } from './conversation.ts';

/** Keeps conversations in this process for as long as the object is held. */
export function memoryConversations(): ConversationStore {
  return new InMemoryConversations();
}

interface MemoryConversation {
  readonly version: number;
  /** JSON, so that nobody who holds a message can change it here. */
  readonly messages: readonly string[];
  /** The ids of what was written. */
  readonly writes: Set<string>;
}

class InMemoryConversations implements ConversationStore {
  readonly #conversations = new Map<string, MemoryConversation>();

  async load(id: string): Promise<StoredConversation | undefined> {
    const kept = this.#conversations.get(id);
    if (kept === undefined) return undefined;
    return { version: kept.version, messages: kept.messages.map((text) => JSON.parse(text)) };
  }

  async save(id: string, { version, keep, messages, writeId }: ConversationChange): Promise<boolean> {
    const kept: MemoryConversation = this.#conversations.get(id) ?? { version: 0, messages: [], writes: new Set() };
    if (writeId !== undefined && kept.writes.has(writeId)) return true;
    if (kept.version !== version) return false;
    if (writeId !== undefined) kept.writes.add(writeId);
    this.#conversations.set(id, {
      version: version + 1,
      messages: [...kept.messages.slice(0, keep), ...messages.map((message) => JSON.stringify(message))],
      writes: kept.writes,
    });
    return true;
  }
}
