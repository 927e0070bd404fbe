import { setImmediate } from 'node:timers/promises';

export interface RejectionWatch {
  /** Node tells of a rejection when it has done what was due: so this looks after that. */
  readRejections(): Promise<readonly unknown[]>;
  end(): void;
}

/** Rejections that nobody handles, from now on. */
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
