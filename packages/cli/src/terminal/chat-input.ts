import { createInterface, type Interface } from 'node:readline';
import type { CommandIo } from '../command-io.ts';
import type { Interrupts } from '../interrupts.ts';
import { PasteFilter } from './paste-filter.ts';

export interface ChatInputOptions {
  readonly io: CommandIo;
  readonly interrupts: Interrupts;
}

/** The lines of a person, or of a pipe. */
export class ChatInput {
  readonly #io: CommandIo;
  readonly #interrupts: Interrupts;
  readonly isTerminal: boolean;
  #lines: Interface | undefined;
  #paste: PasteFilter | undefined;
  readonly #queue: string[] = [];
  /** What was typed when the run ended. */
  #draft = '';
  #isEnded = false;
  #onLine: ((line: string | undefined) => void) | undefined;

  constructor({ io, interrupts }: ChatInputOptions) {
    this.#io = io;
    this.#interrupts = interrupts;
    this.isTerminal = io.stdin.isTTY === true;
  }

  /** Resolves the next message, which may have several lines; `undefined` at the end of the input, and for Ctrl-C on an empty line. */
  async read(prompt: string): Promise<string | undefined> {
    const parts: string[] = [];
    for (;;) {
      const line = await this.#readLine(parts.length === 0 ? prompt : '… ');
      if (line === undefined) return parts.length === 0 ? undefined : parts.join('\n');
      // A backslash at the end continues the line.
      const isContinued = line.endsWith('\\');
      parts.push(isContinued ? line.slice(0, -1) : line);
      if (!isContinued) return parts.join('\n');
    }
  }

  /** Calls the handler for each line until the returned function is called, on a terminal. */
  listen(onLine: (line: string) => void): () => void {
    if (!this.isTerminal) return () => undefined;
    this.#open('');
    this.#onLine = (line) => line !== undefined && onLine(line);
    return () => this.pause();
  }

  /** Leaves stdin to somebody else: to a question, or to an editor. A pipe is read on. */
  pause(): void {
    this.#onLine = undefined;
    if (!this.isTerminal) return;
    this.#draft = this.#lines?.line ?? this.#draft;
    this.#close();
  }

  close(): void {
    this.#onLine = undefined;
    this.#close();
  }

  async #readLine(prompt: string): Promise<string | undefined> {
    const lines = this.#open(prompt);
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    if (this.#isEnded) return undefined;
    if (this.isTerminal) {
      lines.prompt();
      if (this.#draft !== '') lines.write(this.#draft);
      this.#draft = '';
    }
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    // One line: others may come before this method goes on.
    this.#onLine = (line) => {
      this.#onLine = undefined;
      resolve(line);
    };
    return promise;
  }

  #open(prompt: string): Interface {
    this.#lines?.setPrompt(prompt);
    if (this.#lines !== undefined) return this.#lines;
    const { stdin, stderr } = this.#io;
    if (this.isTerminal) {
      stderr.write(PASTE_ON);
      this.#paste = new PasteFilter(stdin);
    }
    const lines = createInterface({
      input: this.#paste ?? stdin,
      output: stderr,
      terminal: this.isTerminal,
      prompt,
      historySize: 200,
    });
    const paste = this.#paste;
    lines.on('line', (typed) => {
      const line = paste?.restore(typed) ?? typed;
      if (this.#onLine === undefined) this.#queue.push(line);
      else this.#onLine(line);
    });
    lines.on('close', () => {
      if (this.#lines !== lines) return;
      this.#isEnded = true;
      this.#onLine?.(undefined);
    });
    // The terminal is in raw mode, so Ctrl-C is no signal.
    lines.on('SIGINT', () => {
      if (lines.line === '') this.#interrupts.raise('SIGINT');
      else lines.write(null, { ctrl: true, name: 'u' }); // Clears the line, as a shell does.
    });
    this.#lines = lines;
    return lines;
  }

  #close(): void {
    const lines = this.#lines;
    this.#lines = undefined;
    lines?.close();
    this.#paste?.release();
    if (this.#paste !== undefined) this.#io.stderr.write(PASTE_OFF);
    this.#paste = undefined;
  }
}

const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';
