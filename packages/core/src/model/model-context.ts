import { systemClock } from '../base/clock.ts';
import type { ModelContext } from './chat-model.ts';
import { getMemo, withMemo } from './request-memo.ts';

/** Completes a model context with the defaults for use outside a run. */
export function completeModelContext(partial: Partial<ModelContext> = {}): ModelContext {
  if (isComplete(partial)) return partial;
  const context: ModelContext = {
    signal: partial.signal ?? new AbortController().signal,
    clock: partial.clock ?? systemClock,
    runId: partial.runId ?? '',
    path: partial.path ?? '',
    traceparent: partial.traceparent,
    onDelta: (delta) => partial.onDelta?.(delta),
    onRepaired: (repairs) => partial.onRepaired?.(repairs),
    waitFor: (wait) => partial.waitFor?.(wait) ?? wait,
  };
  return withMemo(context, getMemo(partial));
}

/** Does not read `signal`: the loop's context creates it on first access. */
function isComplete(context: Partial<ModelContext>): context is ModelContext {
  const { clock, runId, path, onDelta, onRepaired, waitFor } = context;
  const hasCallbacks = onDelta !== undefined && onRepaired !== undefined && waitFor !== undefined;
  return hasCallbacks && clock !== undefined && runId !== undefined && path !== undefined && 'signal' in context;
}
