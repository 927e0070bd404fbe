import { CallText } from './call-text.ts';
import type { OpenCall } from './match-call.ts';
import type { MendList } from './mend-list.ts';
import type { ToolCall } from './message.ts';
import type { CallPiece } from './read-call.ts';
import { VendorFields } from './vendor-fields.ts';
import { wireJson } from './wire-json.ts';

export interface CallBuilderOptions {
  readonly index: number | undefined;
  /** Among the calls of the reply. */
  readonly position: number;
  /** `choices[0].message.tool_calls[1]`. */
  readonly path: string;
  readonly mends: MendList;
}

/** One call of a reply, put together from its pieces. */
export class CallBuilder implements OpenCall {
  readonly index: number | undefined;
  readonly position: number;
  readonly #path: string;
  readonly #mends: MendList;
  readonly #fields = new VendorFields();
  readonly #called = new VendorFields();
  #id = '';
  #name = '';
  #text = new CallText();
  #type: ToolCall['type'] | undefined;
  #hasText = false;
  #untold = '';

  constructor({ index, position, path, mends }: CallBuilderOptions) {
    this.index = index;
    this.position = position;
    this.#path = path;
    this.#mends = mends;
  }

  get id(): string {
    return this.#id;
  }

  get name(): string {
    return this.#name;
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
    this.#addText(piece);
    // The text first, which looks at whether this name is a repetition.
    if (piece.name !== '' && this.#name === '') this.#name = piece.name;
    for (const name of Object.keys(piece.fields)) this.#fields.set(name, piece.fields[name]);
    for (const name of Object.keys(piece.called)) this.#called.set(name, piece.called[name]);
    for (const { at, note } of piece.notes) this.#mends.add(`${this.#path}.${at}`, note);
  }

  #addId(id: string): void {
    if (this.#id === '') this.#id = id;
    else this.#mends.add(`${this.#path}.id`, 'another one in each piece: the first is kept');
  }

  #addText({ name, text, hasText }: CallPiece): void {
    this.#hasText ||= hasText;
    if (text === '') return;
    if (this.#isPlaceholder && text.trimStart().startsWith('{')) {
      this.#text = new CallText();
      this.#text.add(text);
      this.#untold = text;
      this.#mends.add(`${this.#path}.function.arguments`, '{} before the arguments, left out');
    } else if (this.#isRepetition(name, text)) {
      this.#mends.add(`${this.#path}.function`, 'sent twice: read once');
    } else {
      this.#text.add(text);
      this.#untold += text;
    }
  }

  /** The arguments once more, as they are or encoded twice. Nothing goes on behind whole ones, but a custom tool's text may. */
  #isRepetition(name: string, text: string): boolean {
    const isSame = text === this.text || (text.startsWith('"') && text === wireJson(this.text));
    const isRepeated = this.#type !== 'custom' || (name !== '' && name === this.#name);
    return isSame && isRepeated && this.isWhole;
  }

  /** What was added since the last time; nothing while the name is unknown, or while the text may be a placeholder. */
  takeUntold(): string {
    return this.#isPlaceholder || this.#name === '' ? '' : this.settle();
  }

  /** A custom tool's text may well be `{}`, and go on. */
  get #isPlaceholder(): boolean {
    return this.text === PLACEHOLDER && this.#type !== 'custom';
  }

  /** The same at the end, when no name comes, and the text is no placeholder. */
  settle(): string {
    const delta = this.#untold;
    this.#untold = '';
    return delta;
  }

  build(id: string): ToolCall {
    const path = this.#path;
    if (id !== this.#id) this.#mends.add(`${path}.id`, `${this.#id === '' ? 'missing' : 'used twice'}: now "${id}"`);
    if (this.#type === undefined) this.#mends.add(`${path}.type`, 'missing: now "function"');
    if (this.#type === 'custom') {
      const custom = { name: this.#name, input: this.text, ...this.#called.toObject() };
      return { id, type: 'custom', custom, ...this.#fields.toObject() };
    }
    if (this.#name === '') this.#mends.add(`${path}.function.name`, 'missing');
    if (!this.#hasText) this.#mends.add(`${path}.function.arguments`, 'missing: now ""');
    const called = { name: this.#name, arguments: this.text, ...this.#called.toObject() };
    return { id, type: 'function', function: called, ...this.#fields.toObject() };
  }
}

/** What some servers send before the real arguments. */
const PLACEHOLDER = '{}';
