import type { ChatResponse } from '@pawl/core/chat';
import { pieces } from './pieces.ts';

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

/** A reply as OpenAI streams it: role, pieces, finish reason, and the usage on a chunk of its own. */
export function chunks(reply: ChatResponse, { includeUsage }: ChunkOptions): readonly ChatChunk[] {
  const { object: _, choices, usage, ...head } = reply;
  const base = { ...head, object: 'chat.completion.chunk' } as const;
  const single = choices.flatMap(({ index, message, finish_reason }) => {
    const content = message.tool_calls === undefined && message.content !== null ? '' : null;
    return [
      { index, delta: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: null },
      ...pieces(message).map(({ wire }) => ({ index, delta: wire, logprobs: null, finish_reason: null })),
      { index, delta: {}, logprobs: null, finish_reason },
    ];
  });
  const told = single.map((choice) => ({ ...base, choices: [choice], ...(includeUsage && { usage: null }) }));
  return includeUsage && usage !== undefined ? [...told, { ...base, choices: [], usage }] : told;
}
