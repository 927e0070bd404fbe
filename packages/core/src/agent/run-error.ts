import { PawlError } from '../base/errors.ts';
import { toError } from '../event/error-data.ts';
import type {
  Aborted,
  Completed,
  Failed,
  Filtered,
  Limited,
  Outcome,
  Refused,
  Suspended,
  Truncated,
} from '../event/outcome.ts';

/** How a run can end other than completed. */
export type Incomplete<Output = unknown> = Exclude<Outcome<Output>, Completed<Output>>;

/** A run did not complete. `await run` rejects with one of its subclasses, one for each status. */
export abstract class RunError<Ended extends Incomplete = Incomplete> extends PawlError {
  override readonly name: string = 'RunError';
  /** The same that `run.outcome()` resolves with. Not enumerable: printed or logged, it would repeat the stack of `cause`, and the conversation. */
  declare readonly outcome: Ended;

  constructor(message: string, { outcome, cause }: { readonly outcome: Ended; readonly cause?: unknown }) {
    super(message, { code: `run.${outcome.status}`, cause });
    Object.defineProperty(this, 'outcome', { value: outcome });
  }
}

export class RunSuspendedError extends RunError<Suspended> {
  override readonly name = 'RunSuspendedError';
}

export class RunLimitedError extends RunError<Limited<unknown>> {
  override readonly name = 'RunLimitedError';
}

export class RunTruncatedError extends RunError<Truncated> {
  override readonly name = 'RunTruncatedError';
}

export class RunFilteredError extends RunError<Filtered> {
  override readonly name = 'RunFilteredError';
}

export class RunRefusedError extends RunError<Refused> {
  override readonly name = 'RunRefusedError';
}

export class RunAbortedError extends RunError<Aborted> {
  override readonly name = 'RunAbortedError';
}

/** Its `cause` is the error itself: an `HttpError`, an `OutputError` … */
export class RunFailedError extends RunError<Failed> {
  override readonly name = 'RunFailedError';
}

/** The error that an incomplete run's `await` rejects with. `hasHost`: whether the caller holds the host that the run is kept on. */
export function runError(outcome: Incomplete, { hasHost }: { readonly hasHost: boolean }): RunError {
  const run = `Run "${outcome.runId}"`;
  switch (outcome.status) {
    case 'suspended': {
      const names = outcome.pending.map(({ id }) => id).join(', ');
      const how = hasHost
        ? 'Answer with host.answer, then agent.resume.'
        : 'It was run without a host, so that nobody can answer it: pass one, agent.run(input, { durable: memory() }), then answer with host.answer, and agent.resume.';
      return new RunSuspendedError(`${run} waits for answers to ${names}. ${how}`, { outcome });
    }
    case 'limited': {
      const { limit, max, spent } = outcome;
      const message = `${run} reached its limit: ${limit}, ${spent} of ${max}. error.outcome.output has what there is.`;
      return new RunLimitedError(message, { outcome });
    }
    case 'truncated':
      return new RunTruncatedError(`${run}: the reply was cut by the token limit. Raise max_completion_tokens.`, {
        outcome,
      });
    case 'filtered':
      return new RunFilteredError(`${run}: the server's content filter stopped the reply.`, { outcome });
    case 'refused':
      return new RunRefusedError(`${run}: the model refused: ${outcome.refusal}`, { outcome });
    case 'aborted':
      return new RunAbortedError(`${run} was aborted: ${outcome.reason}`, { outcome });
    case 'failed':
      return new RunFailedError(`${run} failed: ${outcome.error.message}`, { outcome, cause: toError(outcome.error) });
  }
}
