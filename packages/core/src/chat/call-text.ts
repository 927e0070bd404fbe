import { JsonPrefix } from '../base/json-prefix.ts';

/**
 * The arguments of a call, from pieces that follow each other or from snapshots of the whole text so far.
 *
 * A piece that repeats the text so far is a snapshot if the joined text can never become JSON. Pieces always join to a start of
 * JSON, so they are never mistaken for snapshots. While both are possible, `take` returns nothing.
 */
export class CallText {
  #joined = new JsonText();
  /** The last piece, while it can be a snapshot. */
  #snapshot: JsonText | undefined;
  #pending = '';
  #hasSnapshots = false;

  get text(): string {
    return this.#joined.text;
  }

  /** Whether the arguments are complete: one JSON object. */
  get isWhole(): boolean {
    return this.#joined.isWholeObject;
  }

  /** Whether the server sent snapshots. */
  get hasSnapshots(): boolean {
    return this.#hasSnapshots;
  }

  add(piece: string): void {
    const joined = this.#joined;
    const isSnapshot = !joined.isBroken && this.#isRepeatedBy(piece);
    const snapshot = isSnapshot ? new JsonText() : undefined;
    snapshot?.add(piece);
    this.append(piece);
    this.#snapshot = snapshot?.isBroken === true ? undefined : snapshot;
    if (joined.isBroken) this.#useSnapshot();
  }

  /** Adds a piece to a text that is not JSON. */
  append(piece: string): void {
    this.#joined.add(piece);
    this.#pending += piece;
  }

  /** Takes the text added since the last call; `''` while it is unclear whether pieces or snapshots come. */
  take(): string {
    return this.#snapshot === undefined ? this.flush() : '';
  }

  /** Takes the rest at the end. If the joined pieces are not an object but the snapshot is, the snapshot wins. */
  flush(): string {
    if (this.#snapshot?.isWholeObject === true && !this.#joined.isWholeObject) this.#useSnapshot();
    this.#snapshot = undefined;
    const delta = this.#pending;
    this.#pending = '';
    return delta;
  }

  #isRepeatedBy(piece: string): boolean {
    if (this.text === '') return false;
    return hasPrefix(piece, this.text) || (this.#snapshot !== undefined && hasPrefix(piece, this.#snapshot.text));
  }

  /** Replaces the joined text by the snapshot. The text that was already taken is the start of each snapshot. */
  #useSnapshot(): void {
    if (this.#snapshot === undefined) return;
    const takenLength = this.text.length - this.#pending.length;
    this.#joined = this.#snapshot;
    this.#snapshot = undefined;
    this.#pending = this.text.slice(takenLength);
    this.#hasSnapshots = true;
  }
}

/** Compares the lengths first, because reading a text that was joined from pieces costs its whole length. */
function hasPrefix(piece: string, text: string): boolean {
  return piece.length >= text.length && piece.startsWith(text);
}

class JsonText {
  text = '';
  readonly #prefix = new JsonPrefix();
  #isObject: boolean | undefined;

  get isBroken(): boolean {
    return this.#prefix.isBroken;
  }

  get isWholeObject(): boolean {
    return this.#isObject === true && this.#prefix.isWhole;
  }

  add(piece: string): void {
    this.text += piece;
    this.#prefix.add(piece);
    const first = this.#isObject === undefined ? /\S/.exec(piece)?.[0] : undefined;
    if (first !== undefined) this.#isObject = first === '{';
  }
}
