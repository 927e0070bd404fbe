import type { AssistantMessage, Delta, ToolObject } from '@pawl/core/chat';
import {
  type FinishedResponse,
  ResponseReader,
  type ResponseReaderOptions,
  readEventData,
} from '../../packages/core/src/chat/reply-reader.ts';
import { EventReader, type ServerSentEvent } from '../../packages/core/src/chat/server-sent-events.ts';

/** Reads an event stream that arrives in these pieces. All deltas are told, in one list. */
export function readStream(...pieces: readonly Uint8Array[]): FinishedResponse {
  return readStreamWith({}, ...pieces);
}

/** The same with options of the reader. */
export function readStreamWith(options: ResponseReaderOptions, ...pieces: readonly Uint8Array[]): FinishedResponse {
  const events = new EventReader();
  const reader = new ResponseReader(options);
  const deltas: Delta[] = [];
  const isDone = (read: readonly ServerSentEvent[]): boolean => {
    for (const event of read) {
      const said = readEventData(event);
      if (said.type === 'done') return true;
      if (said.type === 'piece') deltas.push(...reader.read(said.piece));
    }
    return false;
  };
  for (const bytes of pieces) if (isDone(events.read(bytes))) return finished(reader.finish('done'), deltas);
  return finished(reader.finish(isDone(events.end()) ? 'done' : 'closed'), deltas);
}

/** Reads one body. */
export function readBody(body: unknown, options: ResponseReaderOptions = {}): FinishedResponse {
  const reader = new ResponseReader(options);
  const deltas = reader.readBody(body);
  return finished(reader.finish('whole'), deltas);
}

function finished(reply: FinishedResponse, before: readonly Delta[]): FinishedResponse {
  return { ...reply, deltas: [...before, ...reply.deltas] };
}

/** What was told of each thing, all in all. */
export function joinedDeltas(deltas: readonly Delta[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const delta of deltas) {
    const name = delta.type === 'call' ? `${delta.index} ${delta.name}` : delta.type;
    texts[name] = (texts[name] ?? '') + delta.delta;
  }
  return texts;
}

/** The same of a message. */
export function textsOf(message: AssistantMessage): Readonly<Record<string, string>> {
  const { content, refusal } = message;
  const thoughts: readonly unknown[] = ['reasoning_content', 'reasoning'].map((name) => Reflect.get(message, name));
  const calls = (message.tool_calls ?? []).map((call, index): readonly [string, string] =>
    call.type === 'custom'
      ? [`${index} ${call.custom.name}`, call.custom.input]
      : [`${index} ${call.function.name}`, call.function.arguments],
  );
  const all = [
    ['text', content],
    ['refusal', refusal],
    ['reasoning', thoughts.find((text) => text !== undefined)],
  ];
  // A call is told even if it has no text.
  return Object.fromEntries([...all.filter(([, text]) => typeof text === 'string' && text !== ''), ...calls]);
}

/** Tools of these names, which take anything. */
export function toolsNamed(names: readonly string[]): readonly ToolObject[] {
  return names.map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }));
}
