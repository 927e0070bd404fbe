import type { ServeSettings } from '../options.ts';
import type { RunRegistry } from './run-registry.ts';

interface TimerParts {
  readonly registry: RunRegistry;
  readonly settings: ServeSettings;
}

/** Resumes runs that wait to be resumed, again and again. Returns the function that ends it. The timer does not keep a process alive. */
export function startTimer({ registry, settings }: TimerParts): () => void {
  const { resumeEveryMs, hasOwnHost, host } = settings;
  if (resumeEveryMs === 0) return () => undefined;
  let isBusy = false;
  const resumeRuns = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      await registry.resumeAll();
      // Nobody else can delete the runs of the server's own memory.
      if (hasOwnHost) await host.deleteRuns({ olderThanMs: KEEP_MS });
    } catch {
      // The host has failed: the requests say so.
    } finally {
      isBusy = false;
    }
  };
  void resumeRuns(); // Never rejects.
  const timer: unknown = setInterval(() => void resumeRuns(), resumeEveryMs);
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref();
  return () => clearInterval(timer as Parameters<typeof clearInterval>[0]); // What `setInterval` has returned.
}

/** How long ended runs stay in the memory of the server: longer than clients try again. */
const KEEP_MS = 600_000;
