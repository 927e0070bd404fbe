import { MalformedResponseError, ProtocolError } from '../chat/errors.ts';
import { findMalformedText } from '../chat/malformed-response.ts';
import type { ReportedError } from '../chat/read-error.ts';
import { readRetryWait } from '../chat/retry-wait.ts';
import { ContextLengthError } from '../model/errors.ts';
import { waitMs } from './retry-after.ts';
import type { Redact } from './secrets.ts';

interface Reporting {
  /** Without secrets. */
  readonly received: string | undefined;
  readonly redact: Redact;
  readonly now: number;
}

/** The error that the caller gets for one that the server reported inside a response: without secrets, by what it is about. */
export function reportedError(
  { kind, message, statement, serverError, code, retryable }: ReportedError,
  { received, redact, now }: Reporting,
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
  const options = { code: code as `response.${string}`, retryable, ...kept }; // The only codes that it can be made with.
  const wait = retryable ? waitMs(readRetryWait(serverError), { now }) : undefined;
  if (wait === undefined) return new ProtocolError(text, options);
  return new ProtocolError(`${redact(statement)} Come back in ${Math.ceil(wait / 1000)} s.`, {
    ...options,
    retryAfterMs: wait,
  });
}
