import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@pawl/core';

/** A signal that asks a command to end. */
export type CommandSignal = 'SIGINT' | 'SIGTERM';

/** A stream that may be a terminal. */
export type TerminalStream<Stream> = Stream & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything that a command has of its process. */
export interface CommandIo {
  readonly stdin: TerminalStream<Readable>;
  readonly stdout: TerminalStream<Writable>;
  readonly stderr: TerminalStream<Writable>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Calls the handler for each signal until the returned function is called. */
  readonly onSignal: (handler: (signal: CommandSignal) => void) => () => void;
}
