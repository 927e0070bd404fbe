import { runUntilCancelled } from '../base/cancellation.ts';
import { ConcurrencyLimiter } from '../base/concurrency-limiter.ts';
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
  const gate = new ConcurrencyLimiter(atLeastOne(most, { wrapper: 'withConcurrency', field: 'most' }));
  const takePlace = async (signal: AbortSignal): Promise<void> => {
    await gate.acquire({ signal });
  };
  return wrapped(model, async (request, context) => {
    const { signal, waitFor } = modelContext(context);
    await waitFor(takePlace(signal));
    try {
      return await runUntilCancelled(signal, () => model.send(request, context));
    } finally {
      gate.release();
    }
  });
}
