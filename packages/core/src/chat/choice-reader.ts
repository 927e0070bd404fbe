import { isRecord } from '../base/json.ts';
import type { CallForm } from './call-list.ts';
import { FinishReader } from './finish-reader.ts';
import { type FailedFinish, readFinishKind } from './finish-reason.ts';
import { MessageReader } from './message-reader.ts';
import { isPaddingValue } from './padding.ts';
import type { RepairList } from './repair-list.ts';
import type { RequestTools } from './request-tools.ts';
import type { ChatChoice, Delta, FinishReason, Logprobs } from './response.ts';
import type { TextCallOptions } from './text-calls.ts';
import { VendorFields } from './vendor-fields.ts';

type Wire = Readonly<Record<string, unknown>>;

export interface ChoiceReaderOptions {
  readonly repairs: RepairList;
  readonly maxCalls: number;
  readonly tools: RequestTools;
  readonly textCalls: TextCallOptions | undefined;
}

/** Whether a choice is from a whole body or from one chunk of a stream. */
export type PieceForm = 'body' | 'chunk';

/** Reads one choice of a response. The `message` of a whole response and the `delta` of a chunk share one code path. */
export class ChoiceReader {
  readonly index: number;
  readonly #path: string;
  readonly #repairs: RepairList;
  readonly #message: MessageReader;
  readonly #logprobs = new LogprobsReader();
  readonly #fields = new VendorFields();
  readonly #finish: FinishReader;
  #hasMessage = false;
  #hasDelta = false;
  /** The content of the other field, if a choice has both `message` and `delta`. */
  #repeated: { readonly piece: Wire; readonly form: CallForm } | undefined;

  constructor(index: number, options: ChoiceReaderOptions) {
    this.index = index;
    this.#path = `choices[${index}]`;
    this.#repairs = options.repairs;
    this.#message = new MessageReader({ choice: index, ...options });
    this.#finish = new FinishReader({ path: `${this.#path}.finish_reason`, repairs: options.repairs });
  }

  get isFinished(): boolean {
    return this.#finish.isFinished || this.#findOtherPlace() !== undefined;
  }

  /** The finish reason of a choice that the server failed to finish. Complete after everything is read. */
  get failure(): Pick<FailedFinish, 'word'> | undefined {
    const { kind, word } = this.#finish;
    return kind === 'failed' && word !== undefined ? { word } : undefined;
  }

  read(choice: Wire, form: PieceForm): readonly Delta[] {
    const deltas = this.#readMessage(choice, form);
    for (const key of Object.keys(choice)) if (!OWN.has(key)) this.#fields.keep(key, choice[key]);
    this.#logprobs.read(choice['logprobs']);
    const reason = choice['finish_reason'] ?? readInnerReason(choice);
    if (reason === null || reason === undefined || reason === '') return deltas;
    this.#finish.read(reason);
    if (!this.#finish.isFinished) return deltas;
    const held = this.flush();
    return held.length === 0 ? deltas : [...deltas, ...held];
  }

  /** Reads a finish reason outside of the choices. It counts if the choice has none. */
  readOuterReason(reason: unknown): void {
    if (!this.isFinished) this.#finish.readFrom('the response', reason);
  }

  /** Returns the deltas that were held back so far. */
  flush(): readonly Delta[] {
    return this.#message.flush();
  }

  /** Ends the choice because a filter stopped the prompt or the rest of the response. */
  endAsFiltered(): void {
    this.#finish.read('content_filter');
    this.#hasMessage = true;
  }

  /** Returns the deltas that were held back and those of a repeated message, after everything is read. */
  finish(): readonly Delta[] {
    const held = this.flush();
    const place = this.#findOtherPlace();
    if (place !== undefined) this.#finish.readFrom(place, this.#fields.get(place));
    return [...held, ...this.#readRepeated(), ...this.#message.end()];
  }

  build(response: { readonly isFiltered: boolean }): ChatChoice {
    const message = this.#message.build();
    const wasFiltered = !this.#hasMessage && (response.isFiltered || FILTERS.some((name) => this.#fields.has(name)));
    const finish_reason = wasFiltered ? this.#reportFilteredPrompt() : this.#buildFinishReason();
    const fields = { ...this.#logprobs.toObject(), ...this.#fields.toObject() };
    return { index: this.index, message, finish_reason, ...fields };
  }

  #readMessage({ delta, message, text }: Wire, form: PieceForm): readonly Delta[] {
    if (isAbsent(message)) {
      if (isAbsent(delta) && typeof text === 'string') return this.#readText(text);
      return this.#readPiece(delta, 'delta');
    }
    if (form === 'body') {
      if (isRecord(delta)) this.#repeated = { piece: delta, form: 'delta' };
      return this.#readPiece(message, 'message');
    }
    const hasDelta = isRecord(delta) ? Object.keys(delta).length > 0 : typeof delta === 'string';
    if (!hasDelta && !this.#hasDelta) return this.#readPiece(message, 'message');
    this.#hasDelta = true;
    const piece = this.#toPiece(message, 'message');
    if (piece !== undefined) this.#repeated = { piece, form: 'message' };
    return this.#readPiece(delta, 'delta');
  }

  #readPiece(given: unknown, form: CallForm): readonly Delta[] {
    const piece = this.#toPiece(given, form);
    if (piece === undefined) return NOTHING;
    if (form === 'delta') this.#hasDelta = true;
    this.#hasMessage = true;
    return this.#message.read(piece, form);
  }

  #toPiece(given: unknown, form: CallForm): Wire | undefined {
    if (isRecord(given)) return given;
    if (isAbsent(given)) return undefined;
    const isText = typeof given === 'string';
    this.#repairs.add(`${this.#path}.${form}`, `no object: ${isText ? 'read as its content' : 'left out'}`);
    return isText ? { content: given } : undefined;
  }

  /** Reads `text`, the field of the older Completions API. */
  #readText(text: string): readonly Delta[] {
    if (text === '') return NOTHING;
    this.#repairs.add(`${this.#path}.text`, 'in place of a message: read as its content');
    return this.#readPiece({ content: text }, 'delta');
  }

  /** Reads a message or delta that repeats the other one. Content that only the repetition has must not be lost. */
  #readRepeated(): readonly Delta[] {
    if (this.#repeated === undefined) return NOTHING;
    const { piece, form } = this.#repeated;
    this.#repeated = undefined;
    const path = `${this.#path}.${form}`;
    const other = form === 'message' ? 'delta' : 'message';
    const missing = this.#message.selectMissing(piece);
    if (missing !== undefined) {
      this.#repairs.add(path, `beside a ${other} that says less: read`);
      this.#hasMessage = true;
      return this.#message.read(missing, form);
    }
    const hasContent = Object.keys(piece).some((name) => name !== 'role' && !isPaddingValue(piece[name]));
    if (hasContent) this.#repairs.add(path, `beside a ${other}, left out`);
    return NOTHING;
  }

  /** Finds another field with the finish reason: if the documented one is missing, or if a router has the server's more exact one. */
  #findOtherPlace(): string | undefined {
    const { isFinished, kind } = this.#finish;
    if (!isFinished) return PLACES.find((place) => this.#readKindAt(place) !== undefined);
    const native = kind === 'stop' ? this.#readKindAt(NATIVE) : undefined;
    return native === 'cut' || native === 'filtered' || native === 'failed' ? NATIVE : undefined;
  }

  #readKindAt(place: string): string | undefined {
    return readFinishKind(this.#fields.get(place));
  }

  /** A response to a filtered prompt has no message. */
  #reportFilteredPrompt(): FinishReason {
    this.#repairs.add(`${this.#path}.message`, 'missing beside filter results: the prompt was filtered');
    return 'content_filter';
  }

  #buildFinishReason(): FinishReason | null {
    if (!this.#hasMessage) this.#repairs.add(`${this.#path}.message`, 'missing: read as an empty one');
    const { hasCalls, hasTextCalls, hasRefusal } = this.#message;
    return this.#finish.build({ hasCalls, hasTextCalls, hasRefusal });
  }
}

const NOTHING: readonly Delta[] = [];

/** Fields that are read elsewhere. */
const OWN: ReadonlySet<string> = new Set([
  'index',
  'delta',
  'message',
  'text',
  'finish_reason',
  'logprobs',
  'usage',
  'error',
]);

/** Azure's results of its filters. */
const FILTERS = ['content_filter_results', 'content_filter_result', 'prompt_filter_results'];

/** OpenRouter's field for the finish reason of the server behind it. */
const NATIVE = 'native_finish_reason';

/** Other names of `finish_reason`. vLLM sends `stop_reason` in addition, for the stop sequence that was met. */
const PLACES = ['finishReason', 'stop_reason', 'stopReason', 'done_reason', NATIVE];

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Some gateways put the finish reason into the message or the delta. */
function readInnerReason({ delta, message }: Wire): unknown {
  return (
    (isRecord(delta) ? delta['finish_reason'] : undefined) ?? (isRecord(message) ? message['finish_reason'] : undefined)
  );
}

/** Collects log probabilities. Their lists continue from piece to piece. */
class LogprobsReader {
  /** `null` if the server sent only `null`. */
  #fields: Map<string, unknown> | null | undefined;

  read(logprobs: unknown): void {
    if (logprobs === null) this.#fields ??= null;
    if (!isRecord(logprobs)) return;
    this.#fields ??= new Map();
    for (const [name, value] of Object.entries(logprobs))
      this.#fields.set(name, appendValue(this.#fields.get(name), value));
  }

  /** `{ logprobs }`, or `{}` if there was no such field. */
  toObject(): Pick<ChatChoice, 'logprobs'> {
    if (this.#fields === undefined) return {};
    // Not validated: only the lists are read.
    return { logprobs: this.#fields === null ? null : (Object.fromEntries(this.#fields) as unknown as Logprobs) };
  }
}

/** Appends to a list in place, because a long response has thousands of pieces. */
function appendValue(before: unknown, value: unknown): unknown {
  if (!Array.isArray(value)) return value ?? before ?? null;
  if (!Array.isArray(before)) return [...value];
  for (const element of value) before.push(element);
  return before;
}
