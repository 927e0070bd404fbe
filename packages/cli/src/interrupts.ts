import type { CommandIo, CommandSignal } from './command-io.ts';
import { getExitCode } from './exit-code.ts';

/** A signal, or the reader of stdout has gone. */
export type Interruption = CommandSignal | 'SIGPIPE';

/** @param count - 1 for the first interruption of the command */
export type InterruptHandler = (interruption: Interruption, count: number) => void;

/** What asks a command to end. Without a handler it ends at once. */
export class Interrupts {
  readonly #forced = Promise.withResolvers<number>();
  #handler: InterruptHandler | undefined;
  #count = 0;
  #stopSignals: (() => void) | undefined;

  /** Raises the signals of the process, until `detach`. */
  attach(onSignal: CommandIo['onSignal']): void {
    this.#stopSignals = onSignal((signal) => this.raise(signal));
  }

  detach(): void {
    this.#stopSignals?.();
  }

  /** Resolves with the exit code when the process must end at once. */
  get forced(): Promise<number> {
    return this.#forced.promise;
  }

  raise(interruption: Interruption): void {
    this.#count++;
    if (this.#handler === undefined) this.endNow(interruption);
    else this.#handler(interruption, this.#count);
  }

  /** Handles interruptions in place of the end of the command, until the returned function is called. */
  handle(handler: InterruptHandler): () => void {
    const before = this.#handler;
    this.#count = 0;
    this.#handler = handler;
    return () => {
      this.#handler = before;
    };
  }

  /** Resolves with the first interruption. The next one ends the command at once. */
  waitForOne(): Promise<Interruption> {
    return new Promise((resolve) => {
      const stop = this.handle((interruption) => {
        stop();
        resolve(interruption);
      });
    });
  }

  /** Ends the command as failed. */
  fail(): void {
    this.#forced.resolve(getExitCode('failed'));
  }

  endNow(interruption: Interruption): void {
    this.#forced.resolve(getInterruptCode(interruption));
  }
}

export function getInterruptCode(interruption: Interruption): number {
  switch (interruption) {
    case 'SIGINT':
      return getExitCode('interrupted');
    case 'SIGTERM':
      return getExitCode('terminated');
    case 'SIGPIPE':
      return getExitCode('brokenPipe');
  }
}
