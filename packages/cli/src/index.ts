/** The command `pawl` as a function. The command itself is the bin of this package. */

export type { CommandIo, CommandSignal, TerminalStream } from './command-io.ts';
export { main } from './main.ts';
