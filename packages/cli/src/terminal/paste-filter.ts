import { Transform, type TransformCallback } from 'node:stream';
import type { CommandIo } from '../command-io.ts';

const START = '\u001b[200~';
const END = '\u001b[201~';

/**
 * The keys of a terminal with bracketed paste: a pasted text of several lines becomes one token in the line, which `restore` turns into the
 * text again. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode
 */
export class PasteFilter extends Transform {
  readonly isTTY: boolean;
  readonly #source: CommandIo['stdin'];
  readonly #pastes = new Map<string, string>();
  readonly #decoder = new TextDecoder();
  #rest = '';
  #pasted: string | undefined;

  constructor(source: CommandIo['stdin']) {
    super();
    this.#source = source;
    this.isTTY = source.isTTY === true;
    source.pipe(this);
  }

  /** Called by `node:readline`, which needs single keys. */
  setRawMode(isRaw: boolean): this {
    const { setRawMode } = this.#source as { readonly setRawMode?: (isRaw: boolean) => void }; // A terminal has it.
    setRawMode?.call(this.#source, isRaw);
    return this;
  }

  /** Replaces the tokens of pasted texts by the texts. */
  restore(line: string): string {
    let restored = line;
    for (const [token, text] of this.#pastes) restored = restored.replaceAll(token, () => text);
    return restored;
  }

  /** Gives the source back. */
  release(): void {
    this.#source.unpipe(this);
    this.#source.pause();
  }

  override _transform(chunk: Buffer | string, _: BufferEncoding, done: TransformCallback): void {
    let text = this.#rest + (typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true }));
    this.#rest = '';
    let keys = '';
    while (text !== '') {
      const marker = this.#pasted === undefined ? START : END;
      const at = text.indexOf(marker);
      // A single Escape is a key, and in a pasted text the beginning of its end.
      const least = marker === END ? 1 : 2;
      const end = at === -1 ? text.length - countPartial(text, { marker, least }) : at;
      if (this.#pasted === undefined) keys += text.slice(0, end);
      else this.#pasted += text.slice(0, end);
      if (at === -1) {
        this.#rest = text.slice(end);
        break;
      }
      if (this.#pasted === undefined) this.#pasted = '';
      else {
        keys += this.#store(this.#pasted);
        this.#pasted = undefined;
      }
      text = text.slice(at + marker.length);
    }
    done(null, keys === '' ? undefined : keys);
  }

  #store(pasted: string): string {
    const text = pasted.replaceAll(/\r\n?/g, '\n');
    const lines = text.split('\n').length;
    // A line of usual length can be edited.
    if (lines === 1 && text.length <= MAX_INLINE) return text.replaceAll('\t', ' ');
    const token = `[pasted text ${this.#pastes.size + 1}: ${lines === 1 ? `${text.length} characters` : `${lines} lines`}]`;
    this.#pastes.set(token, text);
    return token;
  }
}

const MAX_INLINE = 500;

/** Counts the characters at the end of a text that may be the beginning of a marker. */
function countPartial(text: string, { marker, least }: { readonly marker: string; readonly least: number }): number {
  for (let length = Math.min(marker.length - 1, text.length); length >= least; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
