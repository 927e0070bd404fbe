import { isRecord, parseJson } from '../base/json.ts';
import { pluralize } from '../base/text.ts';
import { ChoiceReader, type PieceForm } from './choice-reader.ts';
import { ProtocolError } from './errors.ts';
import { createFilterRepair } from './filtered-response.ts';
import { createFailedFinishError } from './finish-reason.ts';
import { type ReportedError, readError, stringifyReceived, toReportedError } from './read-error.ts';
import { RepairList } from './repair-list.ts';
import type { ToolObject } from './request.ts';
import { RequestTools } from './request-tools.ts';
import type { ChatChoice, ChatResponse, Delta, Repair } from './response.ts';
import type { ServerSentEvent } from './server-sent-events.ts';
import type { TextCallOptions } from './text-calls.ts';
import { UsageReader } from './usage-reader.ts';
import { VendorFields } from './vendor-fields.ts';

type Wire = Readonly<Record<string, unknown>>;

/** How a response ended: with `[DONE]`, with the end of the stream, or as one whole body. */
export type ResponseEnd = 'done' | 'closed' | 'whole';

export interface FinishedResponse {
  readonly response: ChatResponse;
  readonly repairs: readonly Repair[];
  /** Held back deltas of the first choice, if the server sent no finish reason. */
  readonly deltas: readonly Delta[];
}

/** Reads the pieces of a response: the data of each event of a stream, or one whole body. */
export interface PieceReader {
  /** Whether nothing follows the pieces that were read, although the stream is open. */
  readonly isComplete: boolean;
  /** Reads the data of an event. Returns its deltas. */
  read(piece: unknown): readonly Delta[];
  readBody(body: unknown): readonly Delta[];
  /** @throws ProtocolError if the received pieces are not a response. */
  finish(end: ResponseEnd): FinishedResponse;
}

export interface ResponseReaderOptions {
  /** The maximum number of calls in one choice. @defaultValue 128 */
  readonly maxCalls?: number;
  /** The tools of the request. Without them, names that come in pieces or with channel marks are not repaired. */
  readonly tools?: readonly ToolObject[] | undefined;
  /** Set if calls that the model wrote into its text are read. */
  readonly textCalls?: TextCallOptions | undefined;
}

/**
 * Reads a response in any form that servers send, and returns it in the documented form.
 *
 * A chunk of a stream and a whole completion are both pieces and share one code path. Throws only `ProtocolError`.
 */
export class ResponseReader implements PieceReader {
  readonly #maxCalls: number;
  readonly #tools: RequestTools;
  readonly #textCalls: TextCallOptions | undefined;
  readonly #repairs = new RepairList();
  readonly #choices = new Map<number, ChoiceReader>();
  readonly #fields = new VendorFields();
  readonly #usage = new UsageReader();
  #id = '';
  #model = '';
  #created: number | undefined;
  /** `null` if the server sent only `null`. */
  #tier: string | null | undefined;
  #fingerprint: string | null | undefined;
  #last: unknown;
  #isFiltered = false;
  /** The finish reason outside of the choices. */
  #finishReason: unknown;

  constructor({ maxCalls = 128, tools, textCalls }: ResponseReaderOptions = {}) {
    this.#maxCalls = maxCalls;
    this.#tools = new RequestTools(tools);
    this.#textCalls = textCalls;
  }

  /** Set if an error reports that a filter ended the response. */
  get isComplete(): boolean {
    return this.#isFiltered;
  }

  /** Reads a chunk. Returns the deltas of the first choice. */
  read(chunk: unknown): readonly Delta[] {
    return this.#read(chunk, 'chunk');
  }

  /** Reads one whole body, in which a `message` takes precedence over a `delta`. */
  readBody(body: unknown): readonly Delta[] {
    return this.#read(body, 'body');
  }

  #read(piece: unknown, form: PieceForm): readonly Delta[] {
    this.#last = piece;
    const error = readError(piece);
    if (error !== undefined) return this.#endAsFiltered(error);
    if (!isRecord(piece)) {
      throw new ProtocolError('The server sent JSON that is not an object, so it is not a response.', {
        code: 'response.garbage',
        received: stringifyReceived(piece),
      });
    }
    const { choices, usage, x_groq } = piece;
    // A ping or another message in between.
    if (choices === undefined && usage === undefined && x_groq === undefined) return NOTHING;
    for (const key of Object.keys(piece)) this.#readField(key, piece[key]);
    return this.#readChoices(choices, form);
  }

  /** @throws ProtocolError if the received pieces are not a response. */
  finish(end: ResponseEnd): FinishedResponse {
    const readers = [...this.#choices.values()].sort((a, b) => a.index - b.index);
    for (const reader of readers) reader.readOuterReason(this.#finishReason);
    if (end === 'closed' && !(readers.length > 0 && readers.every(({ isFinished }) => isFinished)))
      throw this.#createCutError();
    const deltas = readers.flatMap((reader) => selectEmitted(reader, reader.finish()));
    // Only the first choice is used, so a failure of another choice is not an error.
    const failure = readers[0]?.failure;
    if (failure !== undefined) throw createFailedFinishError({ ...failure, ...this.#getReceived() });
    const isFiltered = this.#fields.has('prompt_filter_results');
    const [first, ...others] = readers.map((reader) => reader.build({ isFiltered }));
    if (first === undefined) throw this.#createEmptyChoicesError();
    const response = this.#build([first, ...others]);
    return { response, repairs: this.#repairs.all, deltas };
  }

  /** Reads a report about a filter as the end of the response. */
  #endAsFiltered(error: ReportedError): readonly Delta[] {
    if (error.kind !== 'filtered') throw error;
    this.#isFiltered = true;
    const { path, note } = createFilterRepair(error.statement);
    this.#repairs.add(path, note);
    if (this.#choices.size === 0) this.#readChoices(NO_WORDS, 'chunk');
    for (const reader of this.#choices.values()) reader.endAsFiltered();
    return NOTHING;
  }

  #readField(key: string, value: unknown): void {
    switch (key) {
      case 'id':
        if (this.#id === '' && typeof value === 'string') this.#id = value;
        return;
      case 'model':
        if (this.#model === '' && typeof value === 'string') this.#model = value;
        return;
      case 'created':
        this.#readCreated(value);
        return;
      case 'service_tier':
        this.#tier = readTextOrNull(value, this.#tier);
        return;
      case 'system_fingerprint':
        this.#fingerprint = readTextOrNull(value, this.#fingerprint);
        return;
      case 'usage':
        this.#usage.read(value, this.#repairs);
        return;
      case 'finish_reason':
        this.#finishReason = value;
        return;
      case 'choices':
      case 'object':
      case 'error':
      case 'obfuscation': // Padding that hides the length of the text from an observer of the connection.
      case 'p': // Mistral's name for the padding.
        return;
      case 'x_groq':
        this.#usage.readIn(value, 'x_groq');
        break;
      case 'timings':
        this.#usage.readTimings(value);
    }
    this.#fields.keep(key, value);
  }

  #readCreated(value: unknown): void {
    if (this.#created !== undefined || value === null || value === undefined || value === 0) return;
    const created = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    const isTime = typeof created === 'number' && Number.isFinite(created) && created !== 0;
    if (created !== value || !isTime) this.#repairs.add('created', isTime ? 'a text, read as a number' : 'left out');
    if (isTime) this.#created = created;
  }

  #readChoices(choices: unknown, form: PieceForm): readonly Delta[] {
    if (!Array.isArray(choices)) {
      if (choices !== undefined && choices !== null) this.#repairs.add('choices', 'no list: left out');
      return NOTHING;
    }
    let deltas = NOTHING;
    for (let at = 0; at < choices.length; at++) {
      const choice: unknown = choices[at];
      if (!isRecord(choice)) {
        this.#repairs.add('choices', 'one that is no object, left out');
        continue;
      }
      const reader = this.#getReader(choice, at);
      const added = selectEmitted(reader, reader.read(choice, form));
      deltas = deltas.length === 0 ? added : [...deltas, ...added];
      if (choice['usage'] !== undefined) this.#usage.readIn(choice, `choices[${reader.index}]`);
    }
    return deltas;
  }

  #getReader(choice: Wire, position: number): ChoiceReader {
    const index = this.#readIndex(choice, position);
    let reader = this.#choices.get(index);
    if (reader === undefined) {
      const options = {
        repairs: this.#repairs,
        maxCalls: this.#maxCalls,
        tools: this.#tools,
        textCalls: this.#textCalls,
      };
      reader = new ChoiceReader(index, options);
      this.#choices.set(index, reader);
    }
    return reader;
  }

  #readIndex(choice: Wire, position: number): number {
    const { index } = choice;
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0) return index;
    if (position > 0 && isCallsAlone(choice)) {
      this.#repairs.add('choices', 'calls in choices of their own: read with the first');
      return 0;
    }
    this.#repairs.add(`choices[${position}].index`, `missing: now ${position}`);
    return position;
  }

  #build(choices: readonly [ChatChoice, ...ChatChoice[]]): ChatResponse {
    const usage = this.#usage.finish(this.#repairs);
    return {
      ...(this.#id !== '' && { id: this.#id }),
      object: 'chat.completion',
      ...(this.#created !== undefined && { created: this.#created }),
      ...(this.#model !== '' && { model: this.#model }),
      choices,
      ...(usage !== undefined && { usage }),
      ...(this.#tier !== undefined && { service_tier: this.#tier }),
      ...(this.#fingerprint !== undefined && { system_fingerprint: this.#fingerprint }),
      ...this.#fields.toObject(),
    };
  }

  #createCutError(): ProtocolError {
    const message = 'The stream ended without a finish_reason and without [DONE]: the response was cut off.';
    return new ProtocolError(message, { code: 'response.cut', ...this.#getReceived() });
  }

  #createEmptyChoicesError(): ProtocolError {
    const message = "The server's response has no choices, so it has no message.";
    return new ProtocolError(message, { code: 'response.empty_choices', ...this.#getReceived() });
  }

  #getReceived(): { readonly received?: string } {
    return this.#last === undefined ? {} : { received: stringifyReceived(this.#last) };
  }
}

const NOTHING: readonly Delta[] = [];

const NO_WORDS = [{ index: 0, message: { role: 'assistant', content: null } }];

/** Only deltas of the first choice are emitted. */
function selectEmitted({ index }: ChoiceReader, deltas: readonly Delta[]): readonly Delta[] {
  return index === 0 ? deltas : NOTHING;
}

/** Whether a choice has only calls. GitHub Copilot sends a message with text and calls as one choice for the text and one per call. */
function isCallsAlone({ message }: Wire): boolean {
  if (!isRecord(message)) return false;
  const { content, tool_calls: calls } = message;
  return Array.isArray(calls) && calls.length > 0 && (content === undefined || content === null || content === '');
}

function readTextOrNull(value: unknown, before: string | null | undefined): string | null | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return value === null ? (before ?? null) : before;
}

/** Detects whether a body is one JSON value or an event stream: by its first bytes, or by its content type if they are ambiguous. */
export function detectBodyForm(first: Uint8Array, contentType: string | undefined): 'json' | 'events' {
  // Fast path for most bodies.
  if (first[0] === OPENING_BRACE) return 'json';
  const start = new TextDecoder().decode(first.subarray(0, 64)).trimStart();
  if (/^[{["<]/.test(start)) return 'json';
  const isField = FIELDS.some((field) => start.startsWith(field) || (start !== '' && field.startsWith(start)));
  return isField || /event-stream/i.test(contentType ?? '') ? 'events' : 'json';
}

const OPENING_BRACE = 0x7b;

/** The starts of lines of an event stream. The last one is a comment. */
const FIELDS = ['data:', 'event:', 'id:', 'retry:', ':'];

/** The content of an event of the stream. */
export type EventContent =
  | { readonly type: 'piece'; readonly piece: unknown }
  | { readonly type: 'done' }
  | { readonly type: 'nothing' };

/** @throws ProtocolError `response.error` for `event: error`, `response.garbage` for data that is not JSON. */
export function readEventData({ event, data, isOpen }: ServerSentEvent): EventContent {
  const text = data.trim();
  if (text === '[DONE]') return { type: 'done' };
  const parsed = parseJson(text);
  if (event === 'error') return createErrorPiece(parsed.ok ? unwrapError(parsed.value) : text, data);
  if (parsed.ok) return { type: 'piece', piece: parsed.value };
  // Keep-alive events have a name and no JSON. If the stream ended inside an event, `finish` decides whether the response is complete.
  const isIdle = text === '' || (event !== undefined && event !== 'message');
  if (isIdle || isOpen === true) return { type: 'nothing' };
  const message = `The server sent an event of ${pluralize(data.length, 'character')} that is not JSON: ${parsed.problem}.`;
  throw new ProtocolError(message, { code: 'response.garbage', received: data });
}

/** Makes a piece of an error about a filter, which is read as a response. @throws ReportedError for any other error. */
function createErrorPiece(error: unknown, data: string): EventContent {
  const reported = toReportedError(error, data);
  if (reported.kind !== 'filtered') throw reported;
  return { type: 'piece', piece: { error } };
}

function unwrapError(value: unknown): unknown {
  return isRecord(value) && value['error'] !== undefined ? value['error'] : value;
}
