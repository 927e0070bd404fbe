import { createInterface } from 'node:readline';
import type { CommandIo } from '../command-io.ts';
import type { Interrupts } from '../interrupts.ts';

export interface PromptOptions {
  readonly io: CommandIo;
  readonly interrupts: Interrupts;
}

/** Whether a person can be asked: questions are shown on stderr and answered on stdin. */
export function canAsk({ stdin, stderr }: Pick<CommandIo, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks for a line. Resolves with `undefined` after Ctrl-D, and after an interruption. */
export function askLine(question: string, { io, interrupts }: PromptOptions): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: io.stdin.isTTY === true });
  // The terminal is in raw mode, so Ctrl-C is no signal.
  lines.on('SIGINT', () => {
    resolve(undefined);
    lines.close();
    interrupts.raise('SIGINT');
  });
  lines.once('close', () => resolve(undefined));
  lines.question(question, (line) => {
    resolve(line);
    lines.close();
  });
  return promise;
}
