import { runUntilCancelled } from '../base/cancellation.ts';
import { ConcurrencyLimiter } from '../base/concurrency-limiter.ts';
import type { ChatModel } from './chat-model.ts';
import { completeModelContext } from './model-context.ts';
import { checkModel, checkPositiveInteger, wrapModel } from './wrap-model.ts';

/**
 * Limits the concurrent requests of a model, over all agents that share the returned model. Further requests wait in order.
 *
 * An aborted request leaves the queue, or frees its place at once, even if the model ignores the signal. The wait does not use the time of
 * the attempt.
 *
 * @throws ConfigError if `maxRequests` is not a whole number of 1 or more.
 */
export function withConcurrency(model: ChatModel, maxRequests: number): ChatModel {
  checkModel(model, 'withConcurrency');
  const gate = new ConcurrencyLimiter(
    checkPositiveInteger(maxRequests, { wrapper: 'withConcurrency', field: 'maxRequests' }),
  );
  const waitForPlace = async (signal: AbortSignal): Promise<void> => {
    await gate.acquire({ signal });
  };
  return wrapModel(model, async (request, context) => {
    const { signal, waitFor } = completeModelContext(context);
    await waitFor(waitForPlace(signal));
    try {
      return await runUntilCancelled(signal, () => model.send(request, context));
    } finally {
      gate.release();
    }
  });
}
