import type { Arguments } from './arguments.ts';
import type { CommandIo } from './command-io.ts';
import type { Interrupts } from './interrupts.ts';
import type { Output } from './terminal/output.ts';

/** What a command works with. */
export interface CommandContext {
  readonly args: Arguments;
  readonly io: CommandIo;
  readonly output: Output;
  readonly interrupts: Interrupts;
}
