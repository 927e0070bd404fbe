import {
  context,
  createTraceState,
  INVALID_TRACEID,
  isSpanContextValid,
  type SpanContext,
  trace,
} from '@opentelemetry/api';

/** The W3C trace context headers of the active span. */
export class ActiveTraceContext {
  /** The requests and tool calls of an unsampled run have the same span. */
  #last: { readonly span: SpanContext; readonly traceparent: string | undefined } | undefined;

  getTraceparent(): string | undefined {
    const span = trace.getSpanContext(context.active());
    if (span === undefined) return undefined;
    if (this.#last?.span !== span) this.#last = { span, traceparent: formatTraceparent(span) };
    return this.#last.traceparent;
  }

  getTracestate(): string | undefined {
    return trace.getSpanContext(context.active())?.traceState?.serialize() || undefined; // An empty header says nothing.
  }
}

/** Without an SDK the ids are zeros. */
function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  if (traceId === INVALID_TRACEID) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** `undefined` for a header that is not valid: it is ignored, as the standard says. */
export function parseTraceContext({
  traceparent,
  tracestate,
}: {
  readonly traceparent: string;
  readonly tracestate?: string;
}): SpanContext | undefined {
  const [, version, traceId, spanId, flags] = HEADER.exec(traceparent.trim()) ?? [];
  if (version === undefined || version === 'ff' || traceId === undefined || spanId === undefined || flags === undefined)
    return undefined;
  const parsed = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(parsed) ? parsed : undefined;
}

const HEADER = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
