import { MalformedResponseError, ProtocolError } from '../chat/errors.ts';
import { findMalformedText } from '../chat/malformed-response.ts';
import { type ReportedError, stringifyReceived, toReportedError } from '../chat/read-error.ts';
import { readRetryWait } from '../chat/retry-wait.ts';
import { ContextLengthError } from '../model/errors.ts';
import { toWaitMs } from './retry-after.ts';
import type { Redact } from './secrets.ts';

interface ReportedErrorContext {
  /** The received text, without secrets. */
  readonly received: string | undefined;
  readonly redact: Redact;
  readonly now: number;
}

/** Creates the error for one that the server reported inside a response. The error contains no secrets. */
export function createReportedError(
  { kind, message, statement, serverError, code, retryable }: ReportedError,
  { received, redact, now }: ReportedErrorContext,
): ProtocolError | ContextLengthError {
  const text = redact(message);
  const [serverCode] = serverError.codes.map(redact);
  if (kind === 'context_length') return new ContextLengthError(text, { serverCode, body: received });
  const kept = received === undefined ? {} : { received };
  if (kind === 'malformed') {
    const part = findMalformedText(serverError);
    const failedGeneration = part === undefined ? undefined : redact(part);
    return new MalformedResponseError(text, { failedGeneration, serverCode, ...kept });
  }
  const options = { code: code as `response.${string}`, retryable, ...kept }; // A `ReportedError` has no other codes.
  const wait = retryable ? toWaitMs(readRetryWait(serverError), { now }) : undefined;
  if (wait === undefined) return new ProtocolError(text, options);
  return new ProtocolError(`${redact(statement)} Try again in ${Math.ceil(wait / 1000)} s.`, {
    ...options,
    retryAfterMs: wait,
  });
}

/** Reads the error that a provider reports inside a response, in any known form, parsed or not. */
export function readReportedError(
  report: unknown,
  { redact, now }: Omit<ReportedErrorContext, 'received'>,
): ProtocolError | ContextLengthError {
  return createReportedError(toReportedError(report), { received: redact(stringifyReceived(report)), redact, now });
}
