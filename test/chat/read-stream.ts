import type { AssistantMessage, Delta, ToolObject } from '@pawl/core/chat';
import {
  type FinishedResponse,
  ResponseReader,
  type ResponseReaderOptions,
  readEventData,
} from '../../packages/core/src/chat/response-reader.ts';
import { EventReader, type ServerSentEvent } from '../../packages/core/src/chat/server-sent-events.ts';

/** Reads an event stream that arrives in these pieces. Returns all deltas in one list. */
export function readStream(...pieces: readonly Uint8Array[]): FinishedResponse {
  return readStreamWith({}, ...pieces);
}

/** Reads such a stream with options of the reader. */
export function readStreamWith(options: ResponseReaderOptions, ...pieces: readonly Uint8Array[]): FinishedResponse {
  const events = new EventReader();
  const reader = new ResponseReader(options);
  const deltas: Delta[] = [];
  const isDone = (read: readonly ServerSentEvent[]): boolean => {
    for (const event of read) {
      const content = readEventData(event);
      if (content.type === 'done') return true;
      if (content.type === 'piece') deltas.push(...reader.read(content.piece));
    }
    return false;
  };
  for (const bytes of pieces) if (isDone(events.read(bytes))) return addDeltas(reader.finish('done'), deltas);
  return addDeltas(reader.finish(isDone(events.end()) ? 'done' : 'closed'), deltas);
}

/** Reads one body. */
export function readBody(body: unknown, options: ResponseReaderOptions = {}): FinishedResponse {
  const reader = new ResponseReader(options);
  const deltas = reader.readBody(body);
  return addDeltas(reader.finish('whole'), deltas);
}

function addDeltas(response: FinishedResponse, before: readonly Delta[]): FinishedResponse {
  return { ...response, deltas: [...before, ...response.deltas] };
}

/** Joins the deltas of each type and of each call. */
export function joinDeltas(deltas: readonly Delta[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const delta of deltas) {
    const name = delta.type === 'call' ? `${delta.index} ${delta.name}` : delta.type;
    texts[name] = (texts[name] ?? '') + delta.delta;
  }
  return texts;
}

/** Collects the texts of a message under the same names. */
export function collectTexts(message: AssistantMessage): Readonly<Record<string, string>> {
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
  // A call is listed even if it has no text.
  return Object.fromEntries([...all.filter(([, text]) => typeof text === 'string' && text !== ''), ...calls]);
}

/** Makes tools of these names that accept any object. */
export function makeTools(names: readonly string[]): readonly ToolObject[] {
  return names.map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }));
}
