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
