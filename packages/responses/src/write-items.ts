import { ConfigError } from '@pawl/core';
import type { Message, TextPart, ToolMessage, UserMessage, UserPart } from '@pawl/core/chat';
import { isFilesNote } from '@pawl/core/chat';
import { stringifyWellFormed } from '@pawl/core/model';
import { type RestoreOptions, toAssistantItems } from './kept-items.ts';
import type { ImageContent, InputContent, InputItem, OutputItem } from './request-wire.ts';

/** Writes conversations as lists of items. */
export class ItemWriter {
  readonly #options: RestoreOptions;
  /** By message: a conversation grows from request to request, and its messages never change. */
  readonly #known = new WeakMap<Message, Uint8Array>();

  constructor(options: RestoreOptions) {
    this.#options = options;
  }

  /** Returns the JSON of the items, in pieces with commas between them. @throws ConfigError for a message that Responses does not have */
  write(messages: readonly Message[]): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    const customIds = this.#listCustomIds(messages);
    for (let at = 0; at < messages.length; at++) {
      const message = messages[at];
      if (message === undefined) continue;
      const group = message.role === 'tool' ? findResults(messages, at) : undefined;
      if (group !== undefined) at += group.length - 1;
      const piece = group === undefined ? this.#encodeOnce(message, customIds) : encode(writeResults(group, customIds));
      if (piece.length === 0) continue;
      if (pieces.length > 0) pieces.push(COMMA);
      pieces.push(piece);
    }
    return pieces;
  }

  #encodeOnce(message: Message, customIds: ReadonlySet<string>): Uint8Array {
    let piece = this.#known.get(message);
    if (piece === undefined) {
      piece = encode(this.#toItems(message, customIds));
      this.#known.set(message, piece);
    }
    return piece;
  }

  #toItems(message: Message, customIds: ReadonlySet<string>): readonly InputItem[] {
    switch (message.role) {
      case 'system':
      case 'developer':
      case 'user':
        return [{ type: 'message', role: message.role, content: toContent(message.content) }];
      case 'assistant':
        return toAssistantItems(message, this.#options);
      case 'tool':
        return [toResult(message, customIds)];
      case 'function':
        throw new ConfigError(
          'The conversation has a message with the role "function", which Responses does not have. Use a tool message.',
        );
    }
  }

  /** Results say which kind of call they belong to. */
  #listCustomIds(messages: readonly Message[]): ReadonlySet<string> {
    const ids = new Set<string>();
    if (!this.#options.hasCustomTools) return ids;
    for (const message of messages) {
      if (message.role !== 'assistant') continue;
      for (const { type, id } of message.tool_calls ?? []) if (type === 'custom') ids.add(id);
    }
    return ids;
  }
}

const encoder = new TextEncoder();
const COMMA = encoder.encode(',');

function encode(items: readonly InputItem[]): Uint8Array {
  return encoder.encode(items.map(stringifyWellFormed).join(','));
}

/** The results of a turn with the user message that has their files. */
type ResultGroup = readonly [...ToolMessage[], UserMessage];

/** Finds the tool messages from here to a user message with their files; `undefined` if there are no files. */
function findResults(messages: readonly Message[], from: number): ResultGroup | undefined {
  const results: ToolMessage[] = [];
  for (let at = from; at < messages.length; at++) {
    const message = messages[at];
    if (message?.role === 'tool') results.push(message);
    else if (message?.role === 'user' && canMove(message, results)) return [...results, message];
    else return undefined;
  }
  return undefined;
}

/** Whether the parts are those of these results. Middleware may have changed the message, or an earlier one. */
function canMove({ content, pawl_parts_of: owners = [] }: UserMessage, results: readonly ToolMessage[]): boolean {
  if (owners.length === 0 || typeof content === 'string') return false;
  const length = owners.reduce((sum, { parts }) => sum + 1 + parts, 0);
  const ids = new Set(results.map(({ tool_call_id: id }) => id));
  return length === content.length && owners.every(({ tool_call_id: id }) => ids.has(id));
}

/** Puts images and files of tools into their results. */
function writeResults(group: ResultGroup, customIds: ReadonlySet<string>): readonly InputItem[] {
  const { content, pawl_parts_of: owners = [] } = group[group.length - 1] as UserMessage; // The last of the group.
  const parts = typeof content === 'string' ? [] : content;
  const filesById = new Map<string, readonly InputContent[]>();
  let at = 0;
  for (const { tool_call_id: id, parts: count } of owners) {
    filesById.set(id, parts.slice(at + 1, at + 1 + count).map(toInputContent)); // The first part is the text that names the call.
    at += 1 + count;
  }
  return group.slice(0, -1).map((message) => {
    const result = toResult(message as ToolMessage, customIds); // All but the last.
    const files = filesById.get(result.call_id);
    if (files === undefined) return result;
    const text = typeof result.output === 'string' && !isFilesNote(result.output) ? result.output : '';
    return { ...result, output: [...(text === '' ? [] : [{ type: 'input_text', text } as const]), ...files] };
  });
}

function toResult({ tool_call_id: id, content }: ToolMessage, customIds: ReadonlySet<string>): OutputItem {
  return {
    type: customIds.has(id) ? 'custom_tool_call_output' : 'function_call_output',
    call_id: id,
    output: toContent(content),
  };
}

export function toContent(content: string | readonly (TextPart | UserPart)[]): string | readonly InputContent[] {
  return typeof content === 'string' ? content : content.map(toInputContent);
}

function toInputContent(part: UserPart): InputContent {
  const { prompt_cache_breakpoint: breakpoint } = part;
  const marked = breakpoint && { prompt_cache_breakpoint: breakpoint };
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text, ...marked };
    case 'image_url': {
      const { url, detail = 'auto' } = part.image_url;
      // An unknown value may be known to the server.
      return { type: 'input_image', image_url: url, detail: detail as ImageContent['detail'], ...marked };
    }
    case 'file':
      return { type: 'input_file', ...part.file, ...marked };
    case 'input_audio':
      throw new ConfigError(
        'A message has audio, which Responses does not take. Use openai() with a model that hears, or send a transcript.',
      );
  }
}
