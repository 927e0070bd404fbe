/**
 * Turns lines that begin with `error:` into an event of that name.
 *
 * llama.cpp sent its errors so through 2025. The field is none that an event stream has, and a parser drops the line.
 */
export class ErrorLines {
  #isLineStart = true;
  /** What may be the beginning of such a line. */
  #held = '';

  /** The text as a parser understands it; what it may yet turn out to be is held back until more comes. */
  push(more: string): string {
    if (more === '') return '';
    // Whole lines, and none of that name: what nearly every server sends.
    if (this.#held === '' && more.endsWith('\n') && !more.includes(FIELD)) {
      this.#isLineStart = true;
      return more;
    }
    const text = this.#held + more;
    const lineStart = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    const tail = lineStart > 0 || this.#isLineStart ? text.slice(lineStart) : FIELD;
    this.#held = FIELD.startsWith(tail) && tail !== FIELD ? tail : '';
    const ready = text.slice(0, text.length - this.#held.length);
    const named = this.#isLineStart && ready.startsWith(FIELD) ? EVENT + ready.slice(FIELD.length) : ready;
    if (ready !== '') this.#isLineStart = ready.endsWith('\n') || ready.endsWith('\r');
    return named.includes(FIELD) ? named.replace(/([\r\n])error:/g, `$1${EVENT}`) : named;
  }

  end(): string {
    return this.#held;
  }
}

const FIELD = 'error:';
const EVENT = 'event: error\ndata:';
