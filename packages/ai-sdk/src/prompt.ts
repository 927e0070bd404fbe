import { ConfigError } from '@pawl/core';
import type { Message, TextPart, ToolMessage, UserMessage } from '@pawl/core/chat';
import { getCallName, isFilesNote } from '@pawl/core/chat';
import { readBreakpoint, toPromptPart } from './files.ts';
import { toAssistantParts } from './kept.ts';
import type { FilePart, Prompt, PromptMessage, ToolResultPart, UserPart } from './model.ts';

export interface PromptWriterOptions {
  /** The provider of the model. Only parts that it made go back to it. */
  readonly provider: string;
  /** Whether images and files of tools are sent inside their results. */
  readonly filesInResults: boolean;
}

/** Writes conversations as prompts of the AI SDK. */
export class PromptWriter {
  readonly #options: PromptWriterOptions;
  /** The name under which the provider knows uploaded files: `openai` of `openai.responses`. */
  readonly #vendor: string;
  /** By message: a conversation grows from request to request, and its messages never change. */
  readonly #known = new WeakMap<Message, PromptMessage | undefined>();

  constructor(options: PromptWriterOptions) {
    this.#options = options;
    this.#vendor = options.provider.split('.')[0] ?? '';
  }

  /** @throws ConfigError for a message that a prompt cannot have. */
  write(messages: readonly Message[]): Prompt {
    const prompt: Prompt = [];
    const names = new Map<string, string>();
    /** The results of the turn's calls: the tool message that ends the prompt so far. */
    let results: ToolResultPart[] = [];
    for (const message of messages) {
      if (message.role === 'tool') {
        const part = toResult(message, names);
        if (results.length === 0) prompt.push({ role: 'tool', content: results });
        results.push(part);
        continue;
      }
      if (message.role === 'user' && results.length > 0 && this.#addFiles(message, results)) continue;
      results = [];
      if (message.role === 'assistant')
        for (const call of message.tool_calls ?? []) names.set(call.id, getCallName(call));
      const written = this.#writeOnce(message);
      if (written !== undefined) prompt.push(written);
    }
    return prompt;
  }

  #writeOnce(message: Exclude<Message, ToolMessage>): PromptMessage | undefined {
    if (!this.#known.has(message)) this.#known.set(message, this.#write(message));
    return this.#known.get(message);
  }

  /** Returns `undefined` for a message without content, which providers refuse. */
  #write(message: Exclude<Message, ToolMessage>): PromptMessage | undefined {
    switch (message.role) {
      case 'system':
      case 'developer':
        return writeSystem(message.content);
      case 'user':
        return { role: 'user', content: this.#toUserParts(message) };
      case 'assistant': {
        const content = [...toAssistantParts(message, this.#options.provider)];
        return content.length === 0 ? undefined : { role: 'assistant', content };
      }
    }
    const { role } = message as Message;
    throw new ConfigError(
      `The conversation has a message with the role "${role}", which a prompt of the AI SDK does not have. Use a tool message, or another role.`,
    );
  }

  #toUserParts({ content }: UserMessage): UserPart[] {
    const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
    const kept = parts.filter((part) => part.type !== 'text' || /\S/.test(part.text));
    return kept.length === 0 ? [EMPTY] : kept.map((part) => toPromptPart(part, this.#vendor));
  }

  /** Puts the images and files of a turn's tools into their results. Returns `false` if the message is another one. */
  #addFiles({ content, pawl_parts_of: owners }: UserMessage, results: ToolResultPart[]): boolean {
    if (owners === undefined || typeof content === 'string' || !this.#options.filesInResults) return false;
    const lists = owners.map(({ tool_call_id: id, parts }) => ({
      at: results.findIndex(({ toolCallId }) => toolCallId === id),
      parts,
    }));
    const length = lists.reduce((sum, { parts }) => sum + 1 + parts, 0);
    // Middleware may have changed the message, or an earlier one.
    if (length !== content.length || lists.some(({ at }) => at === -1)) return false;
    let position = 0;
    for (const { at, parts } of lists) {
      const files = content.slice(position + 1, position + 1 + parts).map((part) => toPromptPart(part, this.#vendor));
      const result = results[at];
      if (result !== undefined) results[at] = withFiles(result, files);
      position += 1 + parts;
    }
    return true;
  }
}

/** Providers refuse a user message without content. */
const EMPTY: UserPart = { type: 'text', text: '(empty)' };

function writeSystem(content: string | readonly TextPart[]): PromptMessage | undefined {
  const { text, breakpoint } = joinTexts(content);
  return /\S/.test(text) ? { role: 'system', content: text, ...breakpoint } : undefined;
}

/** Joins the texts of a message, which has one breakpoint at most: the last one. */
function joinTexts(content: string | readonly TextPart[]) {
  if (typeof content === 'string') return { text: content };
  const point = content.findLast((part) => part.prompt_cache_breakpoint !== undefined);
  return { text: content.map((part) => part.text).join(''), breakpoint: point && readBreakpoint(point) };
}

/** A tool message has no error flag: only its text says that a call failed. */
function toResult({ tool_call_id: id, content }: ToolMessage, names: ReadonlyMap<string, string>): ToolResultPart {
  const toolName = names.get(id);
  if (toolName === undefined) {
    throw new ConfigError(
      `The conversation has a tool message for the call "${id}", but no message before it has that call. Put it after its call.`,
    );
  }
  const { text, breakpoint } = joinTexts(content);
  return {
    type: 'tool-result',
    toolCallId: id,
    toolName,
    output: { type: 'text', value: text },
    ...breakpoint,
  };
}

function withFiles(result: ToolResultPart, parts: readonly UserPart[]): ToolResultPart {
  const { output } = result;
  // The files are in the result here.
  const text = output.type === 'text' && !isFilesNote(output.value) ? output.value : '';
  const files = parts.filter((part): part is FilePart => part.type === 'file');
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const all = [text, ...texts].filter((each) => each !== '').map((each) => ({ type: 'text', text: each }) as const);
  return { ...result, output: { type: 'content', value: [...all, ...files] } };
}
