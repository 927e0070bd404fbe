import type { Attributes, Span } from '@opentelemetry/api';
import { ATTRIBUTE } from './semconv.ts';

interface RecordedException {
  /** Of the event. */
  readonly name: string;
  readonly error: unknown;
  /** A message may quote a user or a tool, so that it counts as content. */
  readonly hasMessage: boolean;
}

export function recordException(span: Span, { name, error, hasMessage }: RecordedException): void {
  const { name: type, message, stack } = (error ?? {}) as Readonly<Record<string, unknown>>; // Each is checked before it is used.
  const attributes: Attributes = { [ATTRIBUTE.exceptionType]: typeof type === 'string' ? type : 'Error' };
  if (hasMessage && typeof message === 'string') attributes[ATTRIBUTE.exceptionMessage] = message;
  if (hasMessage && typeof stack === 'string') attributes[ATTRIBUTE.exceptionStacktrace] = stack;
  span.addEvent(name, attributes);
}
