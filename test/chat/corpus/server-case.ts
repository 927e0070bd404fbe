import type { AssistantMessage, ChatReply, FunctionToolCall, Mend } from '@pawl/core';

/** One odd thing that servers do, and what is made of it. */
export interface ServerCase {
  /** As BEHAVIOURS.md, section E, has it. */
  readonly what: string;
  /** Chunks, or text of an event stream. */
  readonly stream: readonly unknown[];
  /** The same reply as one body, where a server sends it so. */
  readonly body?: unknown;
  readonly reply: ChatReply;
  readonly mends?: readonly Mend[];
}

/** A chunk with one choice. */
export function chunk(delta: unknown, choice: Readonly<Record<string, unknown>> = {}): unknown {
  return { choices: [{ index: 0, delta, ...choice }] };
}

export const STOP: unknown = chunk({}, { finish_reason: 'stop' });
export const CALLED: unknown = chunk({}, { finish_reason: 'tool_calls' });

/** A chunk of pieces of calls. */
export function calling(...pieces: readonly unknown[]): unknown {
  return chunk({ role: 'assistant', tool_calls: pieces });
}

/** A body with one choice. */
export function body(message: unknown, choice: Readonly<Record<string, unknown>> = {}): unknown {
  return { choices: [{ index: 0, message, finish_reason: 'stop', ...choice }] };
}

/** What a reply is read as that has one choice. */
export function reply(message: AssistantMessage, rest: Readonly<Record<string, unknown>> = {}): ChatReply {
  const { finish_reason = 'stop', ...others } = rest;
  const finished = typeof finish_reason === 'string' ? finish_reason : null;
  return {
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: finished }],
    ...others,
  };
}

export function said(content: string | null, fields: object = {}): AssistantMessage {
  return { role: 'assistant', content, ...fields };
}

/** A reply that asks for calls. */
export function asked(...calls: readonly FunctionToolCall[]): ChatReply {
  return reply(said(null, { tool_calls: calls }), { finish_reason: 'tool_calls' });
}

export function call(id: string, name: string, written: string): FunctionToolCall {
  return { id, type: 'function', function: { name, arguments: written } };
}

/** A path inside the first choice's message. */
export function mend(path: string, note: string): Mend {
  return { path: `choices[0].message.${path}`, note };
}
