import { isRecord } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { type CallForm, CallList } from './call-list.ts';
import type { AssistantMessage } from './message.ts';
import { isPaddingValue } from './padding.ts';
import { readContent } from './read-content.ts';
import type { RepairList } from './repair-list.ts';
import type { RequestTools } from './request-tools.ts';
import type { Delta } from './response.ts';
import { stringifyWire } from './stringify-wire.ts';
import { type TextCallOptions, TextCalls } from './text-calls.ts';
import { type SplitText, ThinkSplitter } from './think-splitter.ts';
import { VendorFields } from './vendor-fields.ts';

type Wire = Readonly<Record<string, unknown>>;

export interface MessageReaderOptions {
  readonly choice: number;
  readonly repairs: RepairList;
  readonly maxCalls: number;
  readonly tools: RequestTools;
  /** Set if calls that the model wrote into its text are read. */
  readonly textCalls: TextCallOptions | undefined;
}

/** Builds the message of one choice from its pieces. A whole message is one piece. */
export class MessageReader {
  readonly #path: string;
  readonly #repairs: RepairList;
  readonly #calls: CallList;
  readonly #textCalls: TextCalls | undefined;
  readonly #splitter = new ThinkSplitter();
  readonly #fields = new VendorFields();
  #deltas: Delta[] = [];
  #text = '';
  #refusal = '';
  #hasRole = false;
  #hasLegacy = false;
  #hasReasoning = false;
  #hasTextCalls = false;

  constructor({ choice, repairs, maxCalls, tools, textCalls }: MessageReaderOptions) {
    this.#path = `choices[${choice}].message`;
    this.#repairs = repairs;
    this.#calls = new CallList({ choice, repairs, maxCalls, tools });
    this.#textCalls = textCalls && new TextCalls({ tools, ...textCalls });
  }

  get hasCalls(): boolean {
    return !this.#calls.isEmpty;
  }

  get hasRefusal(): boolean {
    return this.#refusal !== '';
  }

  /** Whether the calls were in the text. */
  get hasTextCalls(): boolean {
    return this.#hasTextCalls;
  }

  read(piece: Wire, form: CallForm): readonly Delta[] {
    const reasoning = readReasoning(piece);
    this.#addReasoning(reasoning);
    for (const key of Object.keys(piece)) {
      if (key === 'tool_calls') this.#deltas.push(...this.#calls.read(piece[key], form));
      else if (key === 'content') this.#readContent(piece[key], { reasoning, refusal: piece['refusal'] });
      else this.#readField(key, piece[key]);
    }
    const legacy = piece['function_call'];
    // Read after `tool_calls`, which it repeats on some servers.
    if (isRecord(legacy) && !isPaddingValue(legacy)) this.#readLegacyCall(legacy, form);
    return this.#takeDeltas();
  }

  /** Selects the fields of a repeated message that were not read before; `undefined` if there are none. */
  selectMissing(piece: Wire): Wire | undefined {
    const fields = Object.entries(piece).filter(([name, value]) => !isPaddingValue(value) && this.#isMissing(name));
    return fields.every(([name]) => name === 'role') ? undefined : Object.fromEntries(fields);
  }

  /** Returns the deltas that were held back, when the response says that it is finished. */
  flush(): readonly Delta[] {
    this.#addSplitText(this.#splitter.flush());
    this.#deltas.push(...this.#calls.flush());
    return this.#takeDeltas();
  }

  /** Returns the deltas that were held back, when nothing more can come. */
  end(): readonly Delta[] {
    const settled = this.flush();
    if (this.#textCalls !== undefined) this.#readTextCalls(this.#textCalls);
    return [...settled, ...this.#takeDeltas()];
  }

  /** Call it after `end`. */
  build(): AssistantMessage {
    if (!this.#hasRole) this.#addRepair('role', 'missing: now "assistant"');
    if (this.#splitter.hasThought) {
      const thought = this.#splitter.isClosed ? '<think>…</think>' : '<think> without an end';
      this.#addRepair('content', `${thought}, moved to reasoning_content`);
    }
    const calls = this.#calls.build();
    return {
      role: 'assistant',
      content: this.#text === '' ? null : this.#text,
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
      ...this.#fields.toObject(),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
  }

  #isMissing(name: string): boolean {
    switch (name) {
      case 'role':
        return !this.#hasRole;
      case 'finish_reason':
        return false;
      case 'content':
        return this.#text === '';
      case 'refusal':
        return this.#refusal === '';
      case 'tool_calls':
      case 'function_call':
        return this.#calls.isEmpty;
    }
    return REASONING_FIELDS.includes(name) ? !this.#hasReasoning : !this.#fields.has(name);
  }

  #readField(key: string, value: unknown): void {
    switch (key) {
      case 'role':
        this.#readRole(value);
        return;
      case 'refusal':
        this.#readRefusal(value);
        return;
      case 'function_call':
      case 'finish_reason': // The choice reader reads it.
      case 'pawl_kept': // A server must not be able to set what another provider gets as its own.
      case 'pawl_parts_of':
        return;
    }
    this.#fields.append(key, value);
  }

  /** @param siblings - fields of the same piece; some servers send the same text in both places */
  #readContent(content: unknown, siblings: SiblingFields): void {
    if (content === null || content === undefined) return;
    if (typeof content === 'string') {
      this.#addSplitText(this.#splitter.push(content), siblings);
      return;
    }
    const { text, reasoning, refusal, notes } = readContent(content);
    for (const note of notes) this.#addRepair('content', note);
    this.#addSplitText({ reasoning, text: '' }, siblings);
    this.#addSplitText(this.#splitter.push(text), siblings);
    if (refusal !== siblings.refusal) this.#readRefusal(refusal);
  }

  #addReasoning(delta: string): void {
    if (delta === '') return;
    this.#hasReasoning = true;
    this.#deltas.push({ type: 'reasoning', delta });
  }

  #addSplitText({ reasoning, text }: SplitText, siblings?: SiblingFields): void {
    if (reasoning !== '' && reasoning.trim() !== siblings?.reasoning.trim()) {
      this.#fields.append('reasoning_content', reasoning);
      this.#addReasoning(reasoning);
    }
    if (text !== '') this.#addText(this.#textCalls?.push(text) ?? text);
  }

  #addText(text: string): void {
    if (text === '') return;
    this.#text += text;
    this.#deltas.push({ type: 'text', delta: text });
  }

  /** If there are structured calls, markup is text. */
  #readTextCalls(textCalls: TextCalls): void {
    if (!this.#calls.isEmpty) {
      this.#addText(textCalls.release());
      return;
    }
    const { calls, text, forms } = textCalls.end();
    this.#addText(text);
    if (calls.length === 0) return;
    this.#hasTextCalls = true;
    for (const form of forms) this.#addRepair('content', `calls written as ${form}: read as tool calls`);
    const list = calls.map((called) => ({ type: 'function', function: called }));
    this.#deltas.push(...this.#calls.read(list, 'message'), ...this.#calls.flush());
  }

  #readRole(role: unknown): void {
    if (role === undefined || role === null || role === '') return;
    this.#hasRole = true;
    if (role !== 'assistant') this.#addRepair('role', `${shorten(stringifyWire(role), 50)}: now "assistant"`);
  }

  #readRefusal(refusal: unknown): void {
    if (refusal === undefined || refusal === null || refusal === '') return;
    if (typeof refusal === 'string') {
      this.#refusal += refusal;
      this.#deltas.push({ type: 'refusal', delta: refusal });
    } else this.#addRepair('refusal', `a ${typeof refusal}, left out`);
  }

  #readLegacyCall(call: Wire, form: CallForm): void {
    if (!this.#hasLegacy && !this.#calls.isEmpty) {
      this.#addRepair('function_call', 'beside tool_calls, left out');
      return;
    }
    this.#hasLegacy = true;
    this.#addRepair('function_call', 'read as a tool call');
    this.#deltas.push(...this.#calls.read([{ index: LEGACY, type: 'function', function: call }], form));
  }

  #addRepair(field: string, note: string): void {
    this.#repairs.add(`${this.#path}.${field}`, note);
  }

  #takeDeltas(): readonly Delta[] {
    if (this.#deltas.length === 0) return NOTHING;
    const deltas = this.#deltas;
    this.#deltas = [];
    return deltas;
  }
}

interface SiblingFields {
  readonly reasoning: string;
  readonly refusal: unknown;
}

const NOTHING: readonly Delta[] = [];

/** Reads the model's reasoning; `''` if there is none. A piece can have the same text under two names. */
export function readReasoning(piece: Wire): string {
  for (const name of REASONING_FIELDS) {
    const text = piece[name];
    if (typeof text === 'string' && text !== '') return text;
  }
  return '';
}

/** The names of the field on different servers. */
export const REASONING_FIELDS: readonly string[] = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking'];

/** Lower than any index of a server. */
const LEGACY = -1;
