import type { ChatResponse } from '@pawl/core/chat';
import { splitMessage } from './split-message.ts';

/** `chat.completion.chunk`, spelled as on the wire. */
export interface ChatChunk {
  readonly id?: string;
  readonly object: 'chat.completion.chunk';
  readonly created?: number;
  readonly model?: string;
  readonly system_fingerprint?: string | null;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: Readonly<Record<string, unknown>>;
    readonly logprobs: null;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: ChatResponse['usage'] | null;
}

export interface ChunkOptions {
  readonly includeUsage: boolean;
}

/** Splits a response as OpenAI streams it: role, pieces, finish reason, and usage in a chunk of its own. */
export function buildChunks(response: ChatResponse, { includeUsage }: ChunkOptions): readonly ChatChunk[] {
  const { object: _, choices, usage, ...head } = response;
  const base = { ...head, object: 'chat.completion.chunk' } as const;
  const single = choices.flatMap(({ index, message, finish_reason }) => {
    const content = message.tool_calls === undefined && message.content !== null ? '' : null;
    return [
      { index, delta: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: null },
      ...splitMessage(message).map(({ wire }) => ({ index, delta: wire, logprobs: null, finish_reason: null })),
      { index, delta: {}, logprobs: null, finish_reason },
    ];
  });
  const withoutUsage = single.map((choice) => ({ ...base, choices: [choice], ...(includeUsage && { usage: null }) }));
  return includeUsage && usage !== undefined ? [...withoutUsage, { ...base, choices: [], usage }] : withoutUsage;
}
