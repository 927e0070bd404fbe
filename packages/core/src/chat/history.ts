import { ConfigError } from '../base/errors.ts';
import { findOverflow, isRecord, parseJson } from '../base/json.ts';
import { type AssistantMessage, getCallName, type Message, type ToolCall, type ToolMessage } from './message.ts';
import type { Repair } from './response.ts';

/** A valid assistant message, and the arguments that the model wrote. */
export interface AdmittedMessage {
  readonly message: AssistantMessage;
  /** The arguments as the model wrote them, by the position of the call. Only those that are not a JSON object. */
  readonly rawArguments: Readonly<Record<number, string>>;
  readonly repairs: readonly Repair[];
}

/**
 * A conversation that is valid to send. Messages reach the model only through this class.
 *
 * Contract:
 * - Every tool call has exactly one result, after it, in order.
 * - Every argument string is a JSON object.
 * - Ids of calls are unique, and servers accept the names.
 * - Immutable: `append` returns another history, which shares the earlier messages.
 */
export class History {
  readonly #shared: SharedMessages;
  readonly #length: number;
  #messages: readonly Message[] | undefined;

  private constructor(shared: SharedMessages, length: number) {
    this.#shared = shared;
    this.#length = length;
  }

  static createEmpty(): History {
    return new History({ messages: [], ids: undefined }, 0);
  }

  /**
   * Makes a history of a caller's messages. A call without a result gets a cancelled result.
   *
   * @throws ConfigError for a result without a call, with the position of the message.
   */
  static from(messages: readonly Message[]): History {
    return repairConversation(messages);
  }

  /** Replaces all messages. The ids of removed calls are not used again. */
  replaceMessages(messages: readonly Message[]): History {
    const history = repairConversation(messages);
    const usedIds = this.#shared.ids;
    if (usedIds === undefined) return history;
    history.#shared.ids ??= new Map();
    for (const id of usedIds.keys()) if (!history.#shared.ids.has(id)) history.#shared.ids.set(id, -1);
    return history;
  }

  /** The number of messages. Cheaper than `messages.length`, because `messages` makes a list. */
  get length(): number {
    return this.#length;
  }

  get messages(): readonly Message[] {
    this.#messages ??= this.#shared.messages.slice(0, this.#length);
    return this.#messages;
  }

  /** Appends messages. An assistant message must have passed `admit`. */
  append(...messages: readonly Message[]): History {
    if (messages.length === 0) return this;
    const shared = this.#length === this.#shared.messages.length ? this.#shared : copyMessages(this.messages);
    for (const message of messages) addMessage(shared, message);
    return new History(shared, shared.messages.length);
  }

  /** Makes an assistant message valid for `append`. Pure. */
  admit(message: AssistantMessage): AdmittedMessage {
    const calls = message.tool_calls ?? [];
    if (calls.length === 0) return { message: withoutEmptyCalls(message), rawArguments: {}, repairs: [] };
    const repairs: Repair[] = [];
    const rawArguments: Record<number, string> = {};
    const ids = new Set<string>();
    const admitted = calls.map((call, index) => {
      const id = this.findFreeId(call.id, ids);
      ids.add(id);
      const path = `message.tool_calls[${index}]`;
      if (id !== call.id)
        repairs.push({ path: `${path}.id`, note: `"${call.id ?? ''}" is taken or missing: now "${id}"` });
      const named = withSendableName(call);
      if (named !== call)
        repairs.push({ path: `${path}.${call.type}.name`, note: 'no name that can be sent: changed' });
      const repaired = id === named.id ? named : { ...named, id };
      if (repaired.type === 'custom') return repaired;
      const { text, note } = normalizeArguments(repaired.function.arguments);
      if (note === undefined) return repaired;
      rawArguments[index] = repaired.function.arguments;
      repairs.push({ path: `${path}.function.arguments`, note });
      return { ...repaired, function: { ...repaired.function, arguments: text } };
    });
    const valid = repairs.length === 0 ? message : { ...message, tool_calls: admitted };
    return { message: valid, rawArguments, repairs };
  }

  /** Returns the id for a call: its own if it is free here and in `taken`, otherwise a new one. */
  findFreeId(id: string | undefined, taken: ReadonlySet<string>): string {
    const base = id || `call_${this.#length}`;
    const isTaken = (name: string): boolean => {
      const since = this.#shared.ids?.get(name);
      return taken.has(name) || (since !== undefined && since < this.#length);
    };
    if (id && !isTaken(id)) return id;
    for (let count = id ? 2 : 1; ; count++) {
      if (!isTaken(`${base}_${count}`)) return `${base}_${count}`;
    }
  }
}

/** Shared by histories of different lengths. The list only grows. */
interface SharedMessages {
  readonly messages: Message[];
  /** By call id, the position of the first message with it; a shorter history ignores positions after its end. `undefined` before the first call. */
  ids: Map<string, number> | undefined;
}

function copyMessages(messages: readonly Message[]): SharedMessages {
  const shared: SharedMessages = { messages: [], ids: undefined };
  for (const message of messages) addMessage(shared, message);
  return shared;
}

function addMessage(shared: SharedMessages, message: Message): void {
  const position = shared.messages.push(message) - 1;
  if (message.role !== 'assistant' || message.tool_calls === undefined) return;
  shared.ids ??= new Map();
  for (const { id } of message.tool_calls) if (!shared.ids.has(id)) shared.ids.set(id, position);
}

/** Servers reject an empty list of calls. */
function withoutEmptyCalls(message: AssistantMessage): AssistantMessage {
  if (message.tool_calls === undefined) return message;
  const { tool_calls: _, ...rest } = message;
  return rest;
}

/**
 * Makes arguments a JSON object. Templates of vLLM, SGLang and Qwen iterate over the arguments and fail on anything else, in this
 * request and every later one. `note` says what was changed.
 */
function normalizeArguments(written: string): { readonly text: string; readonly note?: string } {
  const parsed = parseJson(written);
  if (!parsed.ok) return { text: '{}', note: 'no JSON: kept as {} in the history' };
  const inner = typeof parsed.value === 'string' ? parseJson(parsed.value) : undefined;
  if (typeof parsed.value === 'string' && inner?.ok === true && isObject(inner.value, parsed.value)) {
    return { text: parsed.value, note: 'an object in a string: kept as the object in the history' };
  }
  if (isObject(parsed.value, written)) return { text: written };
  return { text: '{}', note: 'no JSON object: kept as {} in the history' };
}

/** This parser reads a number that is too large as infinity; the parsers of servers reject it. */
function isObject(value: unknown, text: string): boolean {
  return isRecord(value) && findOverflow(value, text) === undefined;
}

/** Replaces characters that servers do not accept in a name. Models write such names (`functions.look`), and servers then reject the whole conversation. */
function withSendableName(call: ToolCall): ToolCall {
  const name = getCallName(call);
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return call;
  return renameCall(call, name.slice(0, 64).replace(/[^a-zA-Z0-9_-]/g, '_') || 'unnamed');
}

/** Returns the call under another name. */
export function renameCall(call: ToolCall, name: string): ToolCall {
  if (call.type === 'custom') return { ...call, custom: { ...call.custom, name } };
  return { ...call, function: { ...call.function, name } };
}

/** Admits each assistant message of a caller and puts its results after it, in order. */
function repairConversation(messages: readonly Message[]): History {
  let history = History.createEmpty();
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (message === undefined) continue;
    if (message.role === 'tool') throw createOrphanError(message, i);
    if (message.role !== 'assistant') {
      history = history.append(message);
      continue;
    }
    const results: PlacedResult[] = [];
    for (let next = messages[i + 1]; next?.role === 'tool'; next = messages[i + 1]) {
      i++;
      results.push({ message: next, index: i });
    }
    history = history.append(...orderResults(history.admit(message).message, message, results));
  }
  return history;
}

/** A tool message and its position in the caller's list. */
interface PlacedResult {
  readonly message: ToolMessage;
  readonly index: number;
}

function orderResults(
  valid: AssistantMessage,
  original: AssistantMessage,
  results: readonly PlacedResult[],
): Message[] {
  const unused = [...results];
  const ordered = (original.tool_calls ?? []).map((call, index): ToolMessage => {
    const at = unused.findIndex(({ message }) => message.tool_call_id === call.id);
    const result = at === -1 ? undefined : unused.splice(at, 1)[0]?.message;
    const id = valid.tool_calls?.[index]?.id ?? call.id;
    if (result === undefined) return { role: 'tool', tool_call_id: id, content: CANCELLED };
    return result.tool_call_id === id ? result : { ...result, tool_call_id: id };
  });
  const [extra] = unused;
  if (extra !== undefined) throw createOrphanError(extra.message, extra.index);
  return [valid, ...ordered];
}

/** The result that the model reads for a call that was open when the conversation continued without it. */
export const CANCELLED = 'Cancelled: this call was not run.';

function createOrphanError({ tool_call_id }: ToolMessage, index: number): ConfigError {
  return new ConfigError(
    `messages[${index}] is a tool message for the call "${tool_call_id}", but the assistant message before it has no such call, or the call already has a result. Remove the message, or put it after its call.`,
  );
}
