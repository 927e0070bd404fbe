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
    tracestate: partial.tracestate,
    turn: partial.turn ?? 0,
    attempt: partial.attempt ?? 1,
    wireLog: partial.wireLog,
    onDelta: (delta) => partial.onDelta?.(delta),
    onRepaired: (repairs) => partial.onRepaired?.(repairs),
    waitFor: (wait) => partial.waitFor?.(wait) ?? wait,
  };
  return withMemo(context, getMemo(partial));
}

/** Does not read `signal`: the loop's context creates it on first access. */
function isComplete(context: Partial<ModelContext>): context is ModelContext {
  const { clock, runId, path, turn, attempt, onDelta, onRepaired, waitFor } = context;
  const hasCallbacks = onDelta !== undefined && onRepaired !== undefined && waitFor !== undefined;
  const hasPosition = runId !== undefined && path !== undefined && turn !== undefined && attempt !== undefined;
  return hasCallbacks && hasPosition && clock !== undefined && 'signal' in context;
}
