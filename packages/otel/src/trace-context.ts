import { context, isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';

/** The W3C trace context header of the active span. */
export function formatActiveTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  const { traceId, spanId, traceFlags } = span;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** `undefined` for a header that is not valid: it is ignored, as the standard says. */
export function parseTraceparent(header: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags] = HEADER.exec(header.trim()) ?? [];
  if (version === undefined || version === 'ff' || traceId === undefined || spanId === undefined || flags === undefined)
    return undefined;
  const parsed = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parsed) ? parsed : undefined;
}

const HEADER = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
