import { Worker } from 'node:worker_threads';
import { ToolError } from '@pawl/core';

/** In the sources it is TypeScript, in the package JavaScript. */
const WORKER = new URL(`./convert-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

const MAX_MS = 10_000;
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 } as const;

/** A page as Markdown. One that is made to take for ever, or to fill the memory, is given up. */
export function toMarkdown(html: string, { signal }: { readonly signal: AbortSignal }): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const worker = new Worker(WORKER, {
      workerData: html,
      resourceLimits: LIMITS,
      env: {},
      stdout: true,
      stderr: true,
    });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      void worker.terminate();
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    const timer = setTimeout(() => end(() => reject(tooComplex())), MAX_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', (markdown: string) => end(() => resolve(markdown)));
    worker.once('error', () => end(() => reject(tooComplex())));
  });
}

function tooComplex(): ToolError {
  return new ToolError('The page is too complex to be read: too deep, or too large. Try another one.');
}
