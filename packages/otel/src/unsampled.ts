import { type Context, context, INVALID_SPAN_CONTEXT, type Span, trace } from '@opentelemetry/api';

/** Stands for the span of a call in a run that no trace samples: only metrics are recorded. */
export const UNSAMPLED: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Runs the work in that context, or in the one that is active. */
export function runWithin<Result>(within: Context | undefined, work: () => Promise<Result>): Promise<Result> {
  return within === undefined ? work() : context.with(within, work);
}
