import { isRecord } from '../base/json.ts';
import { excerpt } from '../base/text.ts';
import { type CallForm, CallList } from './call-list.ts';
import type { MendList } from './mend-list.ts';
import type { AssistantMessage } from './message.ts';
import { readContent } from './read-content.ts';
import type { Delta } from './reply.ts';
import { ThinkSplitter, type Thought } from './think-splitter.ts';
import { VendorFields } from './vendor-fields.ts';
import { wireJson } from './wire-json.ts';

export interface MessageReaderOptions {
  readonly choice: number;
  readonly mends: MendList;
  readonly maxCalls: number;
}

/** The message of one choice, put together from its pieces; a whole message is one piece. */
export class MessageReader {
  readonly #path: string;
  readonly #mends: MendList;
  readonly #calls: CallList;
  readonly #splitter = new ThinkSplitter();
  readonly #fields = new VendorFields();
  #deltas: Delta[] = [];
  #text = '';
  #refusal = '';
  #hasRole = false;
  #hasLegacy = false;

  constructor({ choice, mends, maxCalls }: MessageReaderOptions) {
    this.#path = `choices[${choice}].message`;
    this.#mends = mends;
    this.#calls = new CallList({ choice, mends, maxCalls });
  }

  get hasCalls(): boolean {
    return !this.#calls.isEmpty;
  }

  read(piece: Readonly<Record<string, unknown>>, form: CallForm): readonly Delta[] {
    const reasoning = reasoningOf(piece);
    if (reasoning !== '') this.#deltas.push({ type: 'reasoning', delta: reasoning });
    for (const key of Object.keys(piece)) {
      if (key === 'tool_calls') this.#deltas.push(...this.#calls.read(piece[key], form));
      else this.#readField(key, piece[key]);
    }
    const legacy = piece['function_call'];
    // Behind the calls, which it repeats on some servers.
    if (isRecord(legacy)) this.#readLegacyCall(legacy, form);
    return this.#takeDeltas();
  }

  /** What was held back, once the reply says that it is over. */
  settle(): readonly Delta[] {
    this.#say(this.#splitter.settle());
    this.#deltas.push(...this.#calls.settle());
    return this.#takeDeltas();
  }

  /** After `settle`. */
  build(): AssistantMessage {
    if (!this.#hasRole) this.#mend('role', 'missing: now "assistant"');
    if (this.#splitter.hasThought) {
      const thought = this.#splitter.isClosed ? '<think>…</think>' : '<think> without an end';
      this.#mend('content', `${thought}, moved to reasoning_content`);
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

  #readField(key: string, value: unknown): void {
    switch (key) {
      case 'content':
        this.#readContent(value);
        return;
      case 'role':
        this.#readRole(value);
        return;
      case 'refusal':
        this.#readRefusal(value);
        return;
      case 'function_call':
        return;
    }
    this.#fields.append(key, value);
  }

  #readContent(content: unknown): void {
    if (content === null || content === undefined) return;
    if (typeof content === 'string') {
      this.#say(this.#splitter.push(content));
      return;
    }
    const { text, reasoning, refusal, notes } = readContent(content);
    for (const note of notes) this.#mend('content', note);
    this.#say({ reasoning, text: '' });
    this.#say(this.#splitter.push(text));
    this.#readRefusal(refusal);
  }

  #say({ reasoning, text }: Thought): void {
    if (reasoning !== '') {
      this.#fields.append('reasoning_content', reasoning);
      this.#deltas.push({ type: 'reasoning', delta: reasoning });
    }
    if (text === '') return;
    this.#text += text;
    this.#deltas.push({ type: 'text', delta: text });
  }

  #readRole(role: unknown): void {
    if (role === undefined || role === null || role === '') return;
    this.#hasRole = true;
    if (role !== 'assistant') this.#mend('role', `${excerpt(wireJson(role), 50)}: now "assistant"`);
  }

  #readRefusal(refusal: unknown): void {
    if (refusal === undefined || refusal === null || refusal === '') return;
    if (typeof refusal === 'string') {
      this.#refusal += refusal;
      this.#deltas.push({ type: 'refusal', delta: refusal });
    } else this.#mend('refusal', `a ${typeof refusal}, left out`);
  }

  #readLegacyCall(call: Readonly<Record<string, unknown>>, form: CallForm): void {
    if (!this.#hasLegacy && !this.#calls.isEmpty) {
      this.#mend('function_call', 'beside tool_calls, left out');
      return;
    }
    this.#hasLegacy = true;
    this.#mend('function_call', 'read as a tool call');
    this.#deltas.push(...this.#calls.read([{ index: LEGACY, type: 'function', function: call }], form));
  }

  #mend(field: string, note: string): void {
    this.#mends.add(`${this.#path}.${field}`, note);
  }

  #takeDeltas(): readonly Delta[] {
    if (this.#deltas.length === 0) return NOTHING;
    const deltas = this.#deltas;
    this.#deltas = [];
    return deltas;
  }
}

const NOTHING: readonly Delta[] = [];

/** One piece may say the same under two names. */
export function reasoningOf(piece: Readonly<Record<string, unknown>>): string {
  for (const name of REASONING) {
    const text = piece[name];
    if (typeof text === 'string' && text !== '') return text;
  }
  return '';
}

/** What servers call it. */
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking'];

/** Below any index that a server gives. */
const LEGACY = -1;
