import type { ToolContext } from '@pawl/core';

/** At most ten progress events a second: a server may send thousands. */
const MIN_INTERVAL_MS = 100;

interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** Reports the progress of a call. What comes too soon after an event is dropped. */
export class ProgressReporter {
  readonly #toolContext: ToolContext;
  #last = Number.NEGATIVE_INFINITY;

  constructor(toolContext: ToolContext) {
    this.#toolContext = toolContext;
  }

  report({ progress, total, message }: Progress): void {
    const now = performance.now();
    if (now - this.#last < MIN_INTERVAL_MS) return;
    this.#last = now;
    this.#toolContext.reportProgress({
      progress,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    });
  }
}
