import { JsonPrefix } from '../base/json-prefix.ts';

/**
 * The arguments of a call as they grow: by pieces that follow each other, or by snapshots of all that there is so far.
 *
 * A piece that repeats the text so far is a snapshot if the joined text could never become JSON. A stream of pieces is
 * always the start of JSON, so it is never taken for snapshots. While both are possible nothing is given out.
 */
export class CallText {
  #joined = new JsonText();
  /** The last piece alone, while it may be a snapshot. */
  #snapshot: JsonText | undefined;
  #pending = '';
  #hasSnapshots = false;

  get text(): string {
    return this.#joined.text;
  }

  /** Whether nothing can be added to these arguments: they are one JSON object. */
  get isWhole(): boolean {
    return this.#joined.isWholeObject;
  }

  /** Whether snapshots came. */
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

  /** Adds to a text that is no JSON. */
  append(piece: string): void {
    this.#joined.add(piece);
    this.#pending += piece;
  }

  /** What was added since the last time; nothing while it is unclear. */
  take(): string {
    return this.#snapshot === undefined ? this.flush() : '';
  }

  /** The same at the end. The pieces count if they are an object when joined, otherwise the snapshot if it is one. */
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

  /** What was given out is the start of each snapshot. */
  #useSnapshot(): void {
    if (this.#snapshot === undefined) return;
    const given = this.text.length - this.#pending.length;
    this.#joined = this.#snapshot;
    this.#snapshot = undefined;
    this.#pending = this.text.slice(given);
    this.#hasSnapshots = true;
  }
}

/** Compares the lengths first: to read a text that is joined from pieces costs its whole length. */
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
