/**
 * What the worker is started from. In the sources it is a file; the package has the worker's text in the place of this module, with all that
 * it imports, so that it also works where a bundle has no files beside it (scripts/embed-worker.ts).
 */
export const convertWorker: WorkerSource = { url: new URL('./convert-worker.ts', import.meta.url) };

export interface WorkerSource {
  readonly url?: URL;
  /** CommonJS. */
  readonly text?: string;
}
