import type { Delta } from '@pawl/core';
import { type FinishedReply, ReplyReader, readEventData } from '../../packages/core/src/chat/reply-reader.ts';
import { EventReader, type ServerSentEvent } from '../../packages/core/src/chat/server-sent-events.ts';

/** What came of reading a reply. */
export interface Heard extends FinishedReply {
  readonly deltas: readonly Delta[];
}

/** Reads an event stream that arrives in these pieces. */
export function readStream(...pieces: readonly Uint8Array[]): Heard {
  const events = new EventReader();
  const reader = new ReplyReader();
  const deltas: Delta[] = [];
  const isDone = (read: readonly ServerSentEvent[]): boolean => {
    for (const event of read) {
      const said = readEventData(event);
      if (said.type === 'done') return true;
      if (said.type === 'piece') deltas.push(...reader.read(said.piece));
    }
    return false;
  };
  for (const bytes of pieces) if (isDone(events.read(bytes))) return { ...reader.finish('done'), deltas };
  return { ...reader.finish(isDone(events.end()) ? 'done' : 'closed'), deltas };
}

/** Reads one body. */
export function readBody(body: unknown): Heard {
  const reader = new ReplyReader();
  const deltas = reader.read(body);
  return { ...reader.finish('whole'), deltas };
}

/** An event stream of these chunks as a server sends it; a text stands for itself. */
export function streamOf(chunks: readonly unknown[]): string {
  return chunks.map((chunk) => (typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}\n\n`)).join('');
}

export const DONE = 'data: [DONE]\n\n';
