import { setImmediate } from 'node:timers/promises';

export interface RejectionWatch {
  /** Returns the rejections so far. Waits first: Node reports a rejection only after the current microtasks. */
  readRejections(): Promise<readonly unknown[]>;
  end(): void;
}

/** Collects unhandled rejections from now on. */
export function watchRejections(): RejectionWatch {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', note);
  return {
    async readRejections() {
      await setImmediate();
      return rejections;
    },
    end: () => void process.off('unhandledRejection', note),
  };
}
