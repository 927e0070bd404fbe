import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { type CommandSignal, main } from '@pawl/cli';
import { systemClock } from '@pawl/core';
import { onTestFinished } from 'vitest';

export const DEMO = join(import.meta.dirname, 'agents', 'demo.ts');

/** A stream that keeps what is written to it. */
export class Capture extends Writable {
  readonly isTTY: boolean;
  readonly columns = 100;
  text = '';
  onText: ((text: string) => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor({ isTerminal = false }: { readonly isTerminal?: boolean } = {}) {
    super({ decodeStrings: false });
    this.isTTY = isTerminal;
  }

  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.text += chunk;
    this.onText?.(chunk);
    for (const check of this.#waiting.splice(0)) check();
    done();
  }

  /** Resolves when the text matches. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found !== null) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

export interface CommandOptions {
  readonly stdin?: string | Readable;
  /** Whether stdout and stderr are terminals. */
  readonly isTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is at work. */
export interface RunningCommand {
  readonly stdout: Capture;
  readonly stderr: Capture;
  readonly ended: Promise<CommandResult>;
  readonly interrupt: (signal: CommandSignal) => void;
}

export function startCommand(argv: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { stdin = '', isTerminal = false, env = {}, cwd = createFolder() } = options;
  const [stdout, stderr] = [new Capture({ isTerminal }), new Capture({ isTerminal })];
  const handlers = new Set<(signal: CommandSignal) => void>();
  const ended = main(argv, {
    stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [stdin]) : stdin,
    stdout,
    stderr,
    env,
    cwd,
    clock: systemClock,
    onSignal: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  }).then((code) => ({ code, stdout: normalize(stdout.text), stderr: normalize(stderr.text) }));
  return {
    stdout,
    stderr,
    ended,
    interrupt: (signal) => {
      for (const handler of handlers) handler(signal);
    },
  };
}

/** Runs a command to its end. What differs between two calls is replaced. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return startCommand(argv, options).ended;
}

export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Replaces ids, hashes, times and paths. */
export function normalize(text: string): string {
  return text
    .replaceAll(DEMO, 'demo.ts')
    .replaceAll(/[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/g, 'ID')
    .replaceAll(/(fingerprint:? +)[\w-]{16,}/g, '$1F')
    .replaceAll(/\b[\da-f]{64}\b/g, 'ID')
    .replaceAll(/\b\d+ ms\b/g, '0 ms')
    .replaceAll(/\b\d+ tokens, \$[\d.]+/g, '0 tokens, $0')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://SERVER');
}
