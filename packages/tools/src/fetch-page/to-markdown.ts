import { Worker } from 'node:worker_threads';
import { ToolError } from '@pawl/core';
import type { ConversionResult } from './conversion-result.ts';
import type { WorkerSource } from './convert-worker-source.ts';

export interface ToMarkdownOptions {
  readonly signal: AbortSignal;
  /** @defaultValue convert-worker.ts */
  readonly source?: WorkerSource;
}

/** Converts a page to Markdown. Rejects with a `ToolError` if that needs more than 10 seconds or 64 MiB. */
export async function toMarkdown(html: string, { signal, source }: ToMarkdownOptions): Promise<string> {
  // Imported on demand: the module is large, and only HTML needs it.
  const { url, text } = source ?? (await import('./convert-worker-source.ts')).convertWorker;
  signal.throwIfAborted();
  const converted = await runWorker(
    () => new Worker(text ?? url ?? '', { ...createWorkerOptions(html), eval: text !== undefined }),
    signal,
  );
  switch (converted.type) {
    case 'converted':
      return converted.markdown;
    case 'too_long':
      throw createTooComplexError('its text is too long');
    case 'too_deep':
      throw createTooComplexError('its elements are nested too deeply');
    case 'failed': {
      const cause = new Error(converted.message);
      throw new ToolError('The page could not be converted to text. Fetch another page.', { cause });
    }
  }
}

const MAX_MS = 10_000;
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 } as const;

function createWorkerOptions(html: string): ConstructorParameters<typeof Worker>[1] {
  return { workerData: html, resourceLimits: LIMITS, env: {}, stdout: true, stderr: true };
}

/** Resolves with the worker's message. Ends the worker then, at the deadline, or when the signal is aborted. */
function runWorker(start: () => Worker, signal: AbortSignal): Promise<ConversionResult> {
  return new Promise((resolve, reject) => {
    let worker: Worker;
    try {
      worker = start();
    } catch (error) {
      return reject(createWorkerError(error));
    }
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      void worker.terminate();
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    const timer = setTimeout(() => end(() => reject(createTooComplexError('it takes too long'))), MAX_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', (converted: ConversionResult) => end(() => resolve(converted)));
    worker.once('error', (error) =>
      end(() =>
        reject(isOutOfMemory(error) ? createTooComplexError('it needs too much memory') : createWorkerError(error)),
      ),
    );
    worker.once('exit', (code) =>
      end(() => reject(createWorkerError(new Error(`The worker ended with exit code ${code}.`)))),
    );
  });
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function createTooComplexError(why: string): ToolError {
  return new ToolError(`The page is too complex to convert: ${why}. Fetch another page.`);
}

/** The model cannot fix this: the error's cause is for the operator, who reads it in the event. */
function createWorkerError(cause: unknown): ToolError {
  return new ToolError('The page was not converted: the conversion worker could not be run. Tell the user.', {
    cause,
  });
}
