import { isRecord } from '../base/json.ts';
import { excerpt } from '../base/text.ts';
import type { CallForm } from './call-list.ts';
import { LogprobsReader } from './logprobs-reader.ts';
import type { MendList } from './mend-list.ts';
import { MessageReader } from './message-reader.ts';
import type { ChatChoice, Delta, FinishReason } from './reply.ts';
import type { RequestTools } from './request-tools.ts';
import type { TextCallOptions } from './text-calls.ts';
import { VendorFields } from './vendor-fields.ts';

type Wire = Readonly<Record<string, unknown>>;

export interface ChoiceReaderOptions {
  readonly mends: MendList;
  readonly maxCalls: number;
  readonly tools: RequestTools;
  readonly textCalls: TextCallOptions | undefined;
}

/** One choice of a reply. `message` of a whole reply and `delta` of a chunk are read alike. */
export class ChoiceReader {
  readonly index: number;
  readonly #path: string;
  readonly #mends: MendList;
  readonly #message: MessageReader;
  readonly #logprobs = new LogprobsReader();
  readonly #fields = new VendorFields();
  #finishReason: string | null = null;
  #hasMessage = false;
  #hasDelta = false;

  constructor(index: number, options: ChoiceReaderOptions) {
    this.index = index;
    this.#path = `choices[${index}]`;
    this.#mends = options.mends;
    this.#message = new MessageReader({ choice: index, ...options });
  }

  get isFinished(): boolean {
    return this.#finishReason !== null;
  }

  read(choice: Wire): readonly Delta[] {
    const deltas = this.#readMessage(choice);
    for (const key of Object.keys(choice)) if (!OWN.has(key)) this.#fields.set(key, choice[key]);
    this.#logprobs.read(choice['logprobs']);
    const reason = choice['finish_reason'];
    if (reason === null || reason === undefined || reason === '') return deltas;
    if (typeof reason !== 'string') {
      this.#mends.add(`${this.#path}.finish_reason`, `a ${typeof reason}, left out`);
      return deltas;
    }
    this.#finish(reason);
    const held = this.#message.settle();
    return held.length === 0 ? deltas : [...deltas, ...held];
  }

  /** What was held back, at the end. */
  settle(): readonly Delta[] {
    return this.#message.end();
  }

  build(reply: { readonly isFiltered: boolean }): ChatChoice {
    const message = this.#message.build();
    const wasFiltered = !this.#hasMessage && (reply.isFiltered || FILTERS.some((name) => this.#fields.has(name)));
    const finishReason = wasFiltered ? this.#filtered() : this.#checked();
    return {
      index: this.index,
      message,
      finish_reason: finishReason,
      ...this.#logprobs.toObject(),
      ...this.#fields.toObject(),
    };
  }

  #readMessage({ delta, message }: Wire): readonly Delta[] {
    const form: CallForm = this.#isDelta(delta, message) ? 'delta' : 'message';
    const piece = this.#pieceOf(form === 'delta' ? delta : message, form);
    if (piece === undefined) return [];
    this.#hasMessage = true;
    return this.#message.read(piece, form);
  }

  /** Where both are there, the message repeats what the deltas said. */
  #isDelta(delta: unknown, message: unknown): boolean {
    if (message === undefined || message === null) return true;
    const isSaid = isRecord(delta) ? Object.keys(delta).length > 0 : typeof delta === 'string';
    if (!isSaid && !this.#hasDelta) return false;
    this.#hasDelta = true;
    this.#mends.add(`${this.#path}.message`, 'beside a delta, left out');
    return true;
  }

  #pieceOf(given: unknown, form: CallForm): Wire | undefined {
    if (isRecord(given)) {
      if (form === 'delta') this.#hasDelta = true;
      return given;
    }
    if (given === undefined || given === null) return undefined;
    const isText = typeof given === 'string';
    this.#mends.add(`${this.#path}.${form}`, `no object: ${isText ? 'read as its content' : 'left out'}`);
    return isText ? { content: given } : undefined;
  }

  /** A reason that says more than `stop` stays; some servers say `stop` after each. */
  #finish(reason: string): void {
    const before = this.#finishReason;
    if (before !== null && before !== reason) {
      this.#mends.add(`${this.#path}.finish_reason`, 'two different ones: the one that says more is kept');
    }
    if (before === null || before === 'stop') this.#finishReason = reason;
  }

  /** An answer to a prompt that a filter stopped has no message. */
  #filtered(): FinishReason {
    this.#mends.add(`${this.#path}.message`, 'missing beside filter results: the prompt was filtered');
    return 'content_filter';
  }

  #checked(): FinishReason | null {
    const path = `${this.#path}.finish_reason`;
    const isText = this.#finishReason === 'stop' && this.#message.hasTextCalls;
    if (isText) this.#mends.add(path, '"stop" beside calls in the text: now "tool_calls"');
    const reason = isText ? 'tool_calls' : this.#finishReason;
    if (!this.#hasMessage) this.#mends.add(`${this.#path}.message`, 'missing: read as an empty one');
    if (reason === null) this.#mends.add(path, 'null: the server gave none');
    else if (!DOCUMENTED.has(reason)) this.#mends.add(path, `${quoted(reason)} is not a documented one: kept`);
    else if (reason === 'stop' && this.#message.hasCalls) this.#mends.add(path, '"stop" beside tool calls: kept');
    return reason;
  }
}

/** Fields that are read elsewhere. */
const OWN: ReadonlySet<string> = new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs', 'usage', 'error']);

/** Azure's results of its filters. */
const FILTERS = ['content_filter_results', 'content_filter_result', 'prompt_filter_results'];

const DOCUMENTED: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

function quoted(reason: string): string {
  return `"${excerpt(reason, 50)}"`;
}
