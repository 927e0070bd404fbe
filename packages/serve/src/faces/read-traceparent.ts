import { isTraceparent } from '@pawl/core/host';

/** Reads the W3C trace context header, for the options of a run. A header that is not valid is left out. */
export function readTraceparent({ headers }: Request): { readonly traceparent?: string } {
  const traceparent = headers.get('traceparent');
  return traceparent !== null && isTraceparent(traceparent) ? { traceparent } : {};
}
