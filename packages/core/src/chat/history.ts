import { ConfigError } from '../base/errors.ts';
import { findOverflow, isRecord, parseJson } from '../base/json.ts';
import { type AssistantMessage, callName, type Message, type ToolCall, type ToolMessage } from './message.ts';
import type { Repair } from './response.ts';

/** An assistant message made valid, and the calls as the model wrote them under their final ids. */
export interface AdmittedMessage {
  readonly message: AssistantMessage;
  /** The arguments as written, by the call's position, where they are no JSON object. */
  readonly rawArguments: Readonly<Record<number, string>>;
  readonly repairs: readonly Repair[];
}

/**
 * A conversation that can be sent as it is. The only door through which messages get to the model.
 *
 * It upholds: every tool call has exactly one result, after it, in order; every argument string is a JSON object; ids are unique; names can be sent.
 * Immutable: `append` gives another history, which shares what came before.
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
   * Takes over a caller's messages. Calls without a result get one that says that they were cancelled.
   *
   * @throws ConfigError for a result that answers no call, naming the message's position.
   */
  static from(messages: readonly Message[]): History {
    return repairConversation(messages);
  }

  /** Other messages in the place of these. The ids of calls that go are not given again. */
  replaceMessages(messages: readonly Message[]): History {
    const history = repairConversation(messages);
    const given = this.#shared.ids;
    if (given === undefined) return history;
    history.#shared.ids ??= new Map();
    for (const id of given.keys()) if (!history.#shared.ids.has(id)) history.#shared.ids.set(id, -1);
    return history;
  }

  /** How many messages there are; costs nothing, where `messages` makes a list. */
  get length(): number {
    return this.#length;
  }

  get messages(): readonly Message[] {
    this.#messages ??= this.#shared.messages.slice(0, this.#length);
    return this.#messages;
  }

  /** Messages are frozen to their list; an assistant message has to be admitted before. */
  append(...messages: readonly Message[]): History {
    if (messages.length === 0) return this;
    const shared = this.#length === this.#shared.messages.length ? this.#shared : copyMessages(this.messages);
    for (const message of messages) addMessage(shared, message);
    return new History(shared, shared.messages.length);
  }

  /** What an assistant message becomes before it may be appended here. Pure. */
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
      const mended = id === named.id ? named : { ...named, id };
      if (mended.type === 'custom') return mended;
      const { text, note } = normalizeArguments(mended.function.arguments);
      if (note === undefined) return mended;
      rawArguments[index] = mended.function.arguments;
      repairs.push({ path: `${path}.function.arguments`, note });
      return { ...mended, function: { ...mended.function, arguments: text } };
    });
    const valid = repairs.length === 0 ? message : { ...message, tool_calls: admitted };
    return { message: valid, rawArguments, repairs };
  }

  /** The id that a call gets here, beside others of its message: its own, or one that is free. */
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

/** Lists only ever grow, so that histories of different lengths can look at the same ones. */
interface SharedMessages {
  readonly messages: Message[];
  /** The position of the first message with a call of that id, where there is any call: a shorter history does not know those after its end. */
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

/** Servers refuse a list of calls that is empty. */
function withoutEmptyCalls(message: AssistantMessage): AssistantMessage {
  if (message.tool_calls === undefined) return message;
  const { tool_calls: _, ...rest } = message;
  return rest;
}

/**
 * Templates of vLLM, SGLang and Qwen walk over the arguments, and fail on what is no object, in this and every later request.
 * `note`: what is different from what the model wrote.
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

/** A number that is too large is taken by this parser, as infinity, and refused by those of servers. */
function isObject(value: unknown, text: string): boolean {
  return isRecord(value) && findOverflow(value, text) === undefined;
}

/** A server refuses a whole conversation for a name with other characters, which models do write: `functions.look`. */
function withSendableName(call: ToolCall): ToolCall {
  const given = callName(call);
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(given)) return call;
  return renameCall(call, given.slice(0, 64).replace(/[^a-zA-Z0-9_-]/g, '_') || 'unnamed');
}

/** The same call under another name. */
export function renameCall(call: ToolCall, name: string): ToolCall {
  if (call.type === 'custom') return { ...call, custom: { ...call.custom, name } };
  return { ...call, function: { ...call.function, name } };
}

/** Walks over a caller's messages, admits each assistant message, and puts its results after it, in order. */
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

/** A tool message, and where the caller has it. */
interface PlacedResult {
  readonly message: ToolMessage;
  readonly index: number;
}

function orderResults(valid: AssistantMessage, given: AssistantMessage, results: readonly PlacedResult[]): Message[] {
  const left = [...results];
  const answers = (given.tool_calls ?? []).map((call, index): ToolMessage => {
    const at = left.findIndex(({ message }) => message.tool_call_id === call.id);
    const result = at === -1 ? undefined : left.splice(at, 1)[0]?.message;
    const id = valid.tool_calls?.[index]?.id ?? call.id;
    if (result === undefined) return { role: 'tool', tool_call_id: id, content: CANCELLED };
    return result.tool_call_id === id ? result : { ...result, tool_call_id: id };
  });
  const [extra] = left;
  if (extra !== undefined) throw createOrphanError(extra.message, extra.index);
  return [valid, ...answers];
}

/** What the model reads of a call that was open when the conversation went on without it. */
export const CANCELLED = 'Cancelled: this call was not run.';

function createOrphanError({ tool_call_id }: ToolMessage, index: number): ConfigError {
  return new ConfigError(
    `messages[${index}], a tool message, answers "${tool_call_id}", but no call of the assistant message before it has that id, or it was answered already. Remove it, or put it after its call.`,
  );
}
