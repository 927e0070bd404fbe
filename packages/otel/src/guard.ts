import { diag } from '@opentelemetry/api';

/** Runs what describes a run, never what a run does: an error of it, or of an exporter, goes to OpenTelemetry's own log. */
export function guard<T>(what: string, describe: () => T): T | undefined {
  try {
    return describe();
  } catch (error) {
    try {
      diag.error(`@pawl/otel: ${what} failed`, error);
    } catch {
      // A logger that throws must not end a run either.
    }
    return undefined;
  }
}
