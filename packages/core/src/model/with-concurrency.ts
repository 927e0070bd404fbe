import { untilCancelled } from '../base/cancellation.ts';
import type { ChatModel } from './chat-model.ts';
import { modelContext } from './model-context.ts';
import { atLeastOne, checkModel, wrapped } from './wrapped.ts';

/**
 * The same model, asked by at most `most` at once, of all agents that share this wrapper; the others wait in the order in which
 * they came. Who is aborted waits no longer, and gives its place to the next, also where the model does not heed that. The wait is no
 * part of an attempt's time.
 *
 * @throws ConfigError where `most` is no whole number of 1 or more.
 */
export function withConcurrency(model: ChatModel, most: number): ChatModel {
  checkModel(model, 'withConcurrency');
  const places = new Places(atLeastOne(most, { wrapper: 'withConcurrency', field: 'most' }));
  return wrapped(model, async (request, context) => {
    const { signal, waitFor } = modelContext(context);
    await waitFor(places.take(signal));
    try {
      return await untilCancelled(signal, () => model.send(request, context));
    } finally {
      places.giveBack();
    }
  });
}

class Places {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** To whoever came first of those who wait. */
  giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
