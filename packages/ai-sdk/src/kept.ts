import type { JsonObject } from '@pawl/core';
import type { AssistantMessage, FunctionToolCall, Json, ToolCall } from '@pawl/core/chat';
import { asFunctionCall, hashText, hasKeptTexts, isRecord } from '@pawl/core/model';
import { parseOrKeep, toBase64, toJson } from './json.ts';
import type { AssistantPart, Content, Metadata } from './model.ts';

// What a response needs to go back to its provider unchanged, as JSON, in order.
//
// - `text` has a length and a hash. Its text is that of the content, which a guard may have replaced.
// - `tool-call` without `providerExecuted` stands for the next of `tool_calls`: the history may have renamed its id.
// - `reasoning` has its text: a signature covers each character of it.

/** A part of the response, in the order in which the model began the parts. */
export type BuiltPart =
  | { readonly type: 'text' | 'reasoning'; text: string; isOpen: boolean; metadata: Metadata | undefined }
  | {
      readonly type: 'call';
      readonly index: number;
      name: string;
      call: FunctionToolCall | undefined;
      metadata: Metadata | undefined;
    }
  | { readonly type: 'kept'; readonly kept: JsonObject };

type ContentOf<Type extends Content['type']> = Extract<Content, { readonly type: Type }>;

/** Keeps a call that the provider runs itself. It is never one of `tool_calls`, which the loop would run. */
export function keepCall({ toolCallId, toolName, input, providerMetadata }: ContentOf<'tool-call'>): JsonObject {
  const kept = { type: 'tool-call', providerExecuted: true, toolCallId, toolName, input: toJson(parseOrKeep(input)) };
  return withMetadata(kept, providerMetadata);
}

/** Keeps the result of such a call, in the form of a prompt. */
export function keepResult({
  toolCallId,
  toolName,
  result,
  isError,
  providerMetadata,
}: ContentOf<'tool-result'>): JsonObject {
  const type = typeof result === 'string' ? 'text' : 'json';
  const output = { type: isError === true ? `error-${type}` : type, value: toJson(result) };
  return withMetadata({ type: 'tool-result', toolCallId, toolName, output }, providerMetadata);
}

/** Keeps a file. The data of v3 are bytes or base64, those of v4 say which. */
export function keepFile({
  type,
  mediaType,
  data: given,
  providerMetadata,
}: ContentOf<'file' | 'reasoning-file'>): JsonObject {
  const data: unknown = given;
  const isTagged = isRecord(data) && typeof data['type'] === 'string';
  const bytes = isTagged ? data['data'] : data;
  const kept =
    isTagged && data['type'] === 'url'
      ? { type: 'url', url: String(data['url']) }
      : { type: 'data', data: bytes instanceof Uint8Array ? toBase64(bytes) : String(bytes) };
  return withMetadata({ type, mediaType, data: kept }, providerMetadata);
}

/** Adds the metadata of a received part under the name that it has in a prompt. */
export function withMetadata(kept: JsonObject, metadata: Metadata | undefined): JsonObject {
  return metadata === undefined ? kept : { ...kept, providerOptions: toJson(metadata) };
}

/** Lists what has to be kept; `undefined` if the content and the calls of the message say it all. */
export function listKept(parts: readonly BuiltPart[]): readonly Json[] | undefined {
  const used = parts.filter(
    (part) => part.type === 'kept' || part.type === 'call' || part.text !== '' || part.metadata !== undefined,
  );
  const firstCall = used.findIndex(({ type }) => type === 'call');
  const isPlain = used.every(
    (part, index) =>
      (part.type === 'text' || part.type === 'call') &&
      part.metadata === undefined &&
      (part.type === 'call' || firstCall === -1 || index < firstCall),
  );
  return isPlain ? undefined : used.map(toKept);
}

function toKept(part: BuiltPart): JsonObject {
  switch (part.type) {
    case 'kept':
      return part.kept;
    case 'call':
      return withMetadata({ type: 'tool-call' }, part.metadata);
    case 'text':
      return withMetadata({ type: 'text', length: part.text.length, hash: hashText(part.text) }, part.metadata);
    case 'reasoning':
      return withMetadata({ type: 'reasoning', text: part.text }, part.metadata);
  }
}

/** Converts an assistant message to the parts of a prompt: the kept ones, if this provider made them. */
export function toAssistantParts(message: AssistantMessage, provider: string): readonly AssistantPart[] {
  const calls = (message.tool_calls ?? []).map(toCallPart);
  const text = readText(message);
  const { pawl_kept: kept } = message;
  if (kept?.provider !== provider || !Array.isArray(kept.parts)) return [...toTextParts(text), ...calls];
  return restoreParts(kept.parts.filter(isRecord), { text, calls });
}

interface RestoredMessage {
  readonly text: string;
  readonly calls: readonly AssistantPart[];
}

function restoreParts(
  kept: readonly Record<string, unknown>[],
  { text, calls }: RestoredMessage,
): readonly AssistantPart[] {
  /** Whether a guard or middleware replaced the text. Signatures and ids of the parts are about the old one. */
  const isReplaced = !hasKeptTexts(
    text,
    kept.filter(({ type }) => type === 'text'),
  );
  const restored: AssistantPart[] = [];
  let at = 0;
  let nextCall = 0;
  let isTextDue = isReplaced;
  for (const part of kept) {
    const options = readOptions(part);
    if (isTextDue && (part['type'] === 'text' || isOwnCall(part))) {
      restored.push(...toTextParts(text));
      isTextDue = false;
    }
    if (part['type'] === 'text') {
      if (isReplaced) continue;
      const end = at + Number(part['length']);
      restored.push({ type: 'text', text: text.slice(at, end), ...options });
      at = end;
    } else if (isOwnCall(part)) {
      const call = calls[nextCall++];
      if (call !== undefined) restored.push({ ...call, ...options } as AssistantPart); // The same part, with the options of its provider.
    } else {
      restored.push(restoreFile(part) as AssistantPart); // In the form of a prompt, as it was kept.
    }
  }
  return [...restored, ...(isTextDue ? toTextParts(text) : []), ...calls.slice(nextCall)];
}

function isOwnCall(part: Record<string, unknown>): boolean {
  return part['type'] === 'tool-call' && part['providerExecuted'] !== true;
}

function readOptions({ providerOptions }: Record<string, unknown>): { readonly providerOptions?: Metadata } {
  return isRecord(providerOptions) ? { providerOptions: providerOptions as Metadata } : {}; // Metadata that was kept as JSON.
}

function restoreFile(part: Record<string, unknown>): object {
  const { data } = part;
  return isRecord(data) && data['type'] === 'url'
    ? { ...part, data: { type: 'url', url: new URL(String(data['url'])) } }
    : part;
}

function toTextParts(text: string): readonly AssistantPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function toCallPart(original: ToolCall): AssistantPart {
  const { id, function: called } = original.type === 'custom' ? asFunctionCall(original) : original;
  return { type: 'tool-call', toolCallId: id, toolName: called.name, input: parseOrKeep(called.arguments) };
}

/** A refusal stands for the text if there is no text. */
function readText({ content, refusal }: AssistantMessage): string {
  if (typeof content === 'string' && content !== '') return content;
  const parts = Array.isArray(content) ? content : [];
  const text = parts.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('');
  return text === '' ? (refusal ?? '') : text;
}
