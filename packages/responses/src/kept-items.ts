import { type JsonObject, ModelError } from '@pawl/core';
import type { AssistantMessage, Json, ToolCall } from '@pawl/core/chat';
import { getMessageText } from '@pawl/core/chat';
import { asFunctionCall, hashText, hasKeptTexts, isRecord } from '@pawl/core/model';
import type { InputItem } from './request-wire.ts';

// What a response needs to go back to its server, in order, as JSON on the message:
//
// - `message`: the length and hash of its text, which is a part of the content: a guard may have replaced that. A text that is not part of the
//   content is kept itself.
// - `function_call` and `custom_tool_call`: stand for the next of `tool_calls`, since the history may have renamed its id.
// - all others, such as `reasoning` and the calls of hosted tools: the item.

export type Item = Readonly<Record<string, unknown>>;

/** The items of a response with what they became in its message. */
export interface ReadItem {
  readonly item: Item;
  /** The text of a message; `undefined` for other items. */
  readonly text: string | undefined;
  /** Whether the text is a part of the content. */
  readonly isContent: boolean;
}

/** Lists what has to be kept; `undefined` if the content and the calls of the message say it all. */
export function listKeptItems(items: readonly ReadItem[], maxBytes: number): readonly Json[] | undefined {
  if (isPlain(items)) return undefined;
  const kept = items.map(toKeptItem);
  const { length } = JSON.stringify(kept);
  if (length <= maxBytes) return kept;
  throw new ModelError(
    `The response has ${length} characters that its server needs back, and the limit is ${maxBytes}. The response is discarded: a part of them would be refused. Raise maxKeptBytes of the model.`,
    { code: 'response.too_large', retryable: false },
  );
}

/** Whether the items are one text and then calls. */
function isPlain(items: readonly ReadItem[]): boolean {
  return items.every(({ item, isContent }, index) => {
    if (isCall(item)) return item['namespace'] === undefined && item['caller'] === undefined;
    return item['type'] === 'message' && isContent && item['phase'] == null && index === 0;
  });
}

function toKeptItem({ item, text, isContent }: ReadItem): JsonObject {
  const { id: _, status: __, ...rest } = item;
  if (text !== undefined) {
    const { phase } = item;
    const place = isContent ? { length: text.length, hash: hashText(text) } : { text };
    return { type: 'message', ...place, ...(typeof phase === 'string' && { phase }) };
  }
  if (isCall(item)) {
    const { call_id: ___, name: ____, arguments: _____, input: ______, ...traits } = rest;
    return traits as JsonObject; // A part of a value that was parsed from JSON.
  }
  // Encrypted reasoning is referred to by its id. Its status is not a field of a request.
  const { id } = item;
  return { ...(id !== undefined && { id }), ...rest } as JsonObject; // Was parsed from JSON.
}

export function isCall({ type }: Item): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

export interface RestoreOptions {
  /** Compared with that of the kept items. */
  readonly provider: string;
  /** Whether the server knows custom tools. */
  readonly hasCustomTools: boolean;
}

/** Converts a message of the model to items: the kept ones, if this server made them. */
export function toAssistantItems(
  message: AssistantMessage,
  { provider, hasCustomTools }: RestoreOptions,
): readonly InputItem[] {
  const calls = (message.tool_calls ?? []).map((call) =>
    toCallItem(call.type === 'custom' && !hasCustomTools ? asFunctionCall(call) : call),
  );
  const text = readText(message);
  const { pawl_kept: kept } = message;
  if (kept?.provider !== provider || !Array.isArray(kept.parts)) return [...toTextItems(text), ...calls];
  return restoreItems(kept.parts.filter(isRecord), { text, calls });
}

interface Replacement {
  readonly text: string;
  readonly calls: readonly InputItem[];
}

function restoreItems(kept: readonly Item[], { text, calls }: Replacement): readonly InputItem[] {
  const isReplaced = !hasKeptTexts(text, kept.filter(isContentText));
  const restored: InputItem[] = [];
  let at = 0;
  let nextCall = 0;
  let isTextDue = isReplaced;
  for (const part of kept) {
    const { length, phase } = part;
    const isContent = isContentText(part);
    // The text of a guard takes the place of the first one.
    if (isTextDue && (isContent || isCall(part))) {
      restored.push(...toTextItems(text));
      isTextDue = false;
    }
    if (isContent) {
      if (isReplaced) continue;
      const end = at + Number(length);
      restored.push(...toTextItems(text.slice(at, end), phase));
      at = end;
    } else if (part['type'] === 'message') {
      restored.push(...toTextItems(String(part['text']), phase));
    } else if (isCall(part)) {
      const call = calls[nextCall++];
      if (call !== undefined) restored.push({ ...part, ...call });
    } else {
      restored.push(part);
    }
  }
  restored.push(...(isTextDue ? toTextItems(text) : []), ...calls.slice(nextCall));
  // OpenAI refuses reasoning that led to nothing, such as that of a response which a token limit ended.
  const last = restored.findLastIndex(({ type }) => type !== 'reasoning');
  return restored.slice(0, last + 1);
}

function isContentText({ type, length }: Item): boolean {
  return type === 'message' && length !== undefined;
}

function toTextItems(text: string, phase?: unknown): readonly InputItem[] {
  if (text === '') return [];
  return [{ type: 'message', role: 'assistant', content: text, ...(typeof phase === 'string' && { phase }) }];
}

function toCallItem(call: ToolCall): InputItem {
  return call.type === 'custom'
    ? { type: 'custom_tool_call', call_id: call.id, name: call.custom.name, input: call.custom.input }
    : { type: 'function_call', call_id: call.id, name: call.function.name, arguments: call.function.arguments };
}

/** A refusal, or what was spoken, stands for the text if there is no text. */
function readText(message: AssistantMessage): string {
  const text = getMessageText(message);
  if (text !== '') return text;
  const { content, refusal, audio } = message;
  const parts = Array.isArray(content) ? content : [];
  const refused = parts.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('');
  return refused || (refusal ?? audio?.transcript ?? '');
}
