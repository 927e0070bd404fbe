import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { CommandIo, TerminalStream } from '../command-io.ts';
import { stripControls, toSafeJson } from './strip-controls.ts';
import { shortenToColumns } from './width.ts';

export type TextStyle = Parameters<typeof styleText>[0];

/** Both streams of a command: answers go to stdout, everything else to stderr. */
export class Output {
  readonly #stdout: TerminalStream<Writable>;
  readonly #stderr: TerminalStream<Writable>;
  readonly #env: CommandIo['env'];
  readonly #onBroken: (error: NodeJS.ErrnoException) => void;
  #isMidLine = false;

  /** @param onBroken - called when nothing more can be written to a stream */
  constructor(
    { stdout, stderr, env }: Pick<CommandIo, 'stdout' | 'stderr' | 'env'>,
    onBroken: (error: NodeJS.ErrnoException) => void,
  ) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#env = env;
    this.#onBroken = onBroken;
    for (const stream of [stdout, stderr]) stream.on('error', this.#fail);
  }

  /** Stops watching the streams. */
  detach(): void {
    for (const stream of [this.#stdout, this.#stderr]) stream.off('error', this.#fail);
  }

  /** Whether stdout is a terminal. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  get columns(): number {
    return Math.max(20, this.#stdout.columns ?? DEFAULT_COLUMNS);
  }

  /** Writes to stdout. Resolves when the stream takes more, so that a slow reader delays the writer. */
  async write(text: string): Promise<void> {
    if (text === '' || this.#stdout.destroyed || this.#stdout.writableEnded) return;
    this.#isMidLine = !text.endsWith('\n');
    if (this.#stdout.write(text)) return;
    const gone = new AbortController();
    const stop = (): void => gone.abort();
    this.#stdout.once('close', stop);
    this.#stdout.once('error', stop);
    await once(this.#stdout, 'drain', { signal: gone.signal }).catch(() => undefined);
    this.#stdout.off('close', stop);
    this.#stdout.off('error', stop);
  }

  /** Writes a line of our own, with text from elsewhere in it, to stdout. */
  async writeLine(text: string): Promise<void> {
    await this.write(`${stripControls(text)}\n`);
  }

  /** Writes an object of the `--json` form as one line to stdout. */
  async writeJson(object: object): Promise<void> {
    await this.write(`${toSafeJson({ v: 1, ...object })}\n`);
  }

  /** Ends a line of stdout that is shown on the terminal. */
  async endLine(): Promise<void> {
    if (this.#isMidLine) await this.write('\n');
  }

  /** Writes lines to stderr, without what could control the terminal. */
  note(text: string, style?: TextStyle): void {
    this.#separate();
    const max = this.#stderr.isTTY === true ? Math.max(20, this.#stderr.columns ?? DEFAULT_COLUMNS) : MAX_COLUMNS;
    for (const line of stripControls(text).split('\n')) {
      const shown = shortenToColumns(line, max);
      this.#stderr.write(`${style === undefined ? shown : this.applyNoteStyle(style, shown)}\n`);
    }
  }

  /** Writes lines to stderr that a person must see whole, such as the arguments of a call or a command to copy. */
  noteWhole(text: string, style?: TextStyle): void {
    this.#separate();
    const shown = stripControls(text);
    this.#stderr.write(`${style === undefined ? shown : this.applyNoteStyle(style, shown)}\n`);
  }

  applyStyle(style: TextStyle, text: string): string {
    return this.#applyTextStyle(style, text, this.#stdout);
  }

  applyNoteStyle(style: TextStyle, text: string): string {
    return this.#applyTextStyle(style, text, this.#stderr);
  }

  /** As `util.styleText` does, but by the environment of the command: NO_COLOR, FORCE_COLOR, TERM=dumb and a stream that is no terminal. */
  #applyTextStyle(style: TextStyle, text: string, stream: TerminalStream<Writable>): string {
    const { NO_COLOR: no = '', FORCE_COLOR: force, TERM: term } = this.#env;
    const isForced = force !== undefined && force !== '0' && force !== 'false';
    const isColoured = isForced || (force === undefined && no === '' && term !== 'dumb' && stream.isTTY === true);
    return isColoured ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Text that is streamed to the terminal is not continued by a line of stderr. */
  #separate(): void {
    if (!this.#isMidLine || !this.isTerminal) return;
    this.#stdout.write('\n');
    this.#isMidLine = false;
  }

  readonly #fail = (error: NodeJS.ErrnoException): void => this.#onBroken(error);
}

const DEFAULT_COLUMNS = 80;
/** Of a line in a pipe or a file: a result of a tool can have a megabyte. */
const MAX_COLUMNS = 1_000;
