/**
 * The worker's program. In the sources it is a file. In the package scripts/embed-worker.ts replaces this module with the worker's text and
 * everything that it imports, so that it also works in a bundle of one file.
 */
export const convertWorker: WorkerSource = { url: new URL('./convert-worker.ts', import.meta.url) };

export interface WorkerSource {
  readonly url?: URL;
  /** CommonJS. */
  readonly text?: string;
}
