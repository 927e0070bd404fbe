import { systemClock } from '../base/clock.ts';
import type { ModelContext } from './chat-model.ts';
import { memoOf, withMemo } from './request-memo.ts';

/** The surroundings of a model call, those that were not given as they are outside a run. */
export function modelContext(given: Partial<ModelContext> = {}): ModelContext {
  if (isWhole(given)) return given;
  const context: ModelContext = {
    signal: given.signal ?? new AbortController().signal,
    clock: given.clock ?? systemClock,
    runId: given.runId ?? '',
    path: given.path ?? '',
    traceparent: given.traceparent,
    onDelta: (delta) => given.onDelta?.(delta),
    onRepaired: (mends) => given.onRepaired?.(mends),
    waitFor: (wait) => given.waitFor?.(wait) ?? wait,
  };
  return withMemo(context, memoOf(given));
}

/** As the loop gives them. Its signal is made when somebody asks for it, so it is not looked at here. */
function isWhole(given: Partial<ModelContext>): given is ModelContext {
  const { clock, runId, path, onDelta, onRepaired, waitFor } = given;
  const isTold = onDelta !== undefined && onRepaired !== undefined && waitFor !== undefined;
  return isTold && clock !== undefined && runId !== undefined && path !== undefined && 'signal' in given;
}
