import type { ConversationChange, ConversationStore, StoredConversation } from './conversation.ts';

/** Keeps conversations in this process for as long as the object is held. */
export function memoryConversations(): ConversationStore {
  return new MemoryConversations();
}

interface Kept {
  readonly version: number;
  /** JSON, so that nobody who holds a message can change it here. */
  readonly messages: readonly string[];
  /** The runs that wrote, by the version that they wrote after. */
  readonly writers: ReadonlyMap<number, string>;
}

const NOTHING: Kept = { version: 0, messages: [], writers: new Map() };

class MemoryConversations implements ConversationStore {
  readonly #kept = new Map<string, Kept>();

  async load(id: string): Promise<StoredConversation | undefined> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    return { version: kept.version, messages: kept.messages.map((text) => JSON.parse(text)) };
  }

  async save(id: string, { version, keep, messages, runId }: ConversationChange): Promise<boolean> {
    const kept = this.#kept.get(id) ?? NOTHING;
    if (runId !== undefined && kept.writers.get(version) === runId) return true;
    if (kept.version !== version) return false;
    this.#kept.set(id, {
      version: version + 1,
      messages: [...kept.messages.slice(0, keep), ...messages.map((message) => JSON.stringify(message))],
      writers: runId === undefined ? kept.writers : new Map([...kept.writers, [version, runId]]),
    });
    return true;
  }
}
