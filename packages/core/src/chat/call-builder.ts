import { CallText } from './call-text.ts';
import { joinName } from './join-name.ts';
import type { OpenCall } from './match-call.ts';
import type { ToolCall } from './message.ts';
import type { CallPiece } from './read-call.ts';
import type { RepairList } from './repair-list.ts';
import { describeResolvedName, type RequestTools } from './request-tools.ts';
import { stringifyWire } from './stringify-wire.ts';
import { VendorFields } from './vendor-fields.ts';

export interface CallBuilderOptions {
  readonly index: number | undefined;
  /** The position among the calls of the response, from 0. */
  readonly position: number;
  /** `choices[0].message.tool_calls[1]`. */
  readonly path: string;
  readonly repairs: RepairList;
  readonly tools: RequestTools;
}

/** Builds one call of a response from its pieces. */
export class CallBuilder implements OpenCall {
  readonly index: number | undefined;
  readonly position: number;
  readonly #path: string;
  readonly #repairs: RepairList;
  readonly #tools: RequestTools;
  readonly #fields = new VendorFields();
  readonly #functionFields = new VendorFields();
  #id = '';
  #name = '';
  #text = new CallText();
  #type: ToolCall['type'] | undefined;
  #hasText = false;
  /** Whether a delta of the call was emitted. */
  #isEmitted = false;

  constructor({ index, position, path, repairs, tools }: CallBuilderOptions) {
    this.index = index;
    this.position = position;
    this.#path = path;
    this.#repairs = repairs;
    this.#tools = tools;
  }

  get id(): string {
    return this.#id;
  }

  /** The name as the server wrote it. */
  get name(): string {
    return this.#name;
  }

  get toolName(): string {
    return this.#tools.resolve(this.#name);
  }

  get isCustom(): boolean {
    return this.#type === 'custom';
  }

  get text(): string {
    return this.#text.text;
  }

  get isWhole(): boolean {
    return this.#text.isWhole;
  }

  add(piece: CallPiece): void {
    if (piece.type !== undefined) this.#type = piece.type;
    if (piece.id !== '' && piece.id !== this.#id) this.#addId(piece.id);
    const joined = joinName(piece, this, this.#tools);
    this.#addText(piece);
    // The text is added first, because it compares this name with the one of the earlier pieces.
    if (piece.name !== '' && this.#name === '') this.#name = piece.name;
    if (joined !== undefined) this.#setName(joined);
    for (const name of Object.keys(piece.fields)) this.#fields.set(name, piece.fields[name]);
    for (const name of Object.keys(piece.functionFields)) this.#functionFields.set(name, piece.functionFields[name]);
    for (const { at, note } of piece.notes) this.#repairs.add(`${this.#path}.${at}`, note);
  }

  #addId(id: string): void {
    if (this.#id === '') this.#id = id;
    else this.#repairs.add(`${this.#path}.id`, 'another one in each piece: the first is kept');
  }

  #setName(name: string): void {
    this.#name = name;
    this.#repairs.add(`${this.#path}.function.name`, 'in pieces: joined');
  }

  #addText({ name, text, hasText }: CallPiece): void {
    this.#hasText ||= hasText;
    if (text === '') return;
    if (this.#isPlaceholder && text.trimStart().startsWith('{')) {
      this.#text = new CallText();
      this.#text.add(text);
      this.#repairs.add(`${this.#path}.function.arguments`, '{} before the arguments, left out');
    } else if (this.#isRepetition(name, text)) {
      this.#repairs.add(`${this.#path}.function`, 'sent twice: read once');
    } else if (this.#type === 'custom') this.#text.append(text);
    else this.#text.add(text);
  }

  /** Whether a piece repeats the arguments, as they are or encoded twice. Complete arguments cannot continue, but a custom tool's text can. */
  #isRepetition(name: string, text: string): boolean {
    if (!this.isWhole) return false;
    const isSame = text === this.text || (text.startsWith('"') && text === stringifyWire(this.text));
    return isSame && (this.#type !== 'custom' || (name !== '' && name === this.#name));
  }

  /** Takes the text added since the last call; `undefined` if there is none, the name is unknown, or the text can be a placeholder. */
  takeDelta(): string | undefined {
    const delta = this.#isPlaceholder || this.#name === '' ? '' : this.#text.take();
    return delta === '' ? undefined : this.#markEmitted(delta);
  }

  /** The text of a custom tool can be `{}` and can continue. */
  get #isPlaceholder(): boolean {
    return this.text === PLACEHOLDER && this.#type !== 'custom';
  }

  /** Takes the rest of the text at the end, with or without a name. A call without any text has one empty delta. */
  flush(): string | undefined {
    const delta = this.#text.flush();
    return delta === '' && this.#isEmitted ? undefined : this.#markEmitted(delta);
  }

  #markEmitted(delta: string): string {
    this.#isEmitted = true;
    return delta;
  }

  build(id: string): ToolCall {
    const path = this.#path;
    const name = this.toolName;
    if (id !== this.#id) this.#repairs.add(`${path}.id`, `${this.#id === '' ? 'missing' : 'used twice'}: now "${id}"`);
    if (this.#type === undefined) this.#repairs.add(`${path}.type`, 'missing: now "function"');
    if (name !== this.#name) {
      this.#repairs.add(`${path}.${this.#type ?? 'function'}.name`, describeResolvedName(this.#name, name));
    }
    if (this.#type === 'custom') {
      const custom = { name, input: this.text, ...this.#functionFields.toObject() };
      return { id, type: 'custom', custom, ...this.#fields.toObject() };
    }
    if (name === '') this.#repairs.add(`${path}.function.name`, 'missing');
    if (!this.#hasText) this.#repairs.add(`${path}.function.arguments`, 'missing: now ""');
    if (this.#text.hasSnapshots) this.#repairs.add(`${path}.function.arguments`, SNAPSHOTS);
    const called = { name, arguments: this.text, ...this.#functionFields.toObject() };
    return { id, type: 'function', function: called, ...this.#fields.toObject() };
  }
}

/** Some servers send this before the real arguments. */
const PLACEHOLDER = '{}';

const SNAPSHOTS = 'all of them again in each piece: read once';
