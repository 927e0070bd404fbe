import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError } from '../base/errors.ts';
import { toError } from '../event/error-data.ts';
import type {
  AbortedOutcome,
  CompletedOutcome,
  FailedOutcome,
  FilteredOutcome,
  LimitedOutcome,
  Outcome,
  RefusedOutcome,
  SuspendedOutcome,
  TruncatedOutcome,
} from '../event/outcome.ts';

/** The outcome of a run that did not complete. */
export type IncompleteOutcome<Output = unknown> = Exclude<Outcome<Output>, CompletedOutcome<Output>>;

export interface RunErrorOptions<Ended> {
  readonly outcome: Ended;
  readonly cause?: unknown;
}

/** A run did not complete. `await run` rejects with a subclass, one for each status. */
export abstract class RunError<Ended extends IncompleteOutcome = IncompleteOutcome> extends PawlError {
  override readonly name: string = 'RunError';
  /** The result of `run.outcome()`. Not enumerable: a printed error would repeat the stack of `cause` and the conversation. */
  declare readonly outcome: Ended;

  constructor(message: string, { outcome, cause }: RunErrorOptions<Ended>) {
    super(message, { code: `run.${outcome.status}`, cause });
    Object.defineProperty(this, 'outcome', { value: outcome });
    addBrand(this, 'RunError');
  }

  static override isInstance(error: unknown): error is RunError {
    return hasBrand(error, 'RunError');
  }
}

export class RunSuspendedError extends RunError<SuspendedOutcome> {
  override readonly name = 'RunSuspendedError';

  constructor(message: string, options: RunErrorOptions<SuspendedOutcome>) {
    super(message, options);
    addBrand(this, 'RunSuspendedError');
  }

  static override isInstance(error: unknown): error is RunSuspendedError {
    return hasBrand(error, 'RunSuspendedError');
  }
}

export class RunLimitedError extends RunError<LimitedOutcome<unknown>> {
  override readonly name = 'RunLimitedError';

  constructor(message: string, options: RunErrorOptions<LimitedOutcome<unknown>>) {
    super(message, options);
    addBrand(this, 'RunLimitedError');
  }

  static override isInstance(error: unknown): error is RunLimitedError {
    return hasBrand(error, 'RunLimitedError');
  }
}

export class RunTruncatedError extends RunError<TruncatedOutcome> {
  override readonly name = 'RunTruncatedError';

  constructor(message: string, options: RunErrorOptions<TruncatedOutcome>) {
    super(message, options);
    addBrand(this, 'RunTruncatedError');
  }

  static override isInstance(error: unknown): error is RunTruncatedError {
    return hasBrand(error, 'RunTruncatedError');
  }
}

export class RunFilteredError extends RunError<FilteredOutcome> {
  override readonly name = 'RunFilteredError';

  constructor(message: string, options: RunErrorOptions<FilteredOutcome>) {
    super(message, options);
    addBrand(this, 'RunFilteredError');
  }

  static override isInstance(error: unknown): error is RunFilteredError {
    return hasBrand(error, 'RunFilteredError');
  }
}

export class RunRefusedError extends RunError<RefusedOutcome> {
  override readonly name = 'RunRefusedError';

  constructor(message: string, options: RunErrorOptions<RefusedOutcome>) {
    super(message, options);
    addBrand(this, 'RunRefusedError');
  }

  static override isInstance(error: unknown): error is RunRefusedError {
    return hasBrand(error, 'RunRefusedError');
  }
}

export class RunAbortedError extends RunError<AbortedOutcome> {
  override readonly name = 'RunAbortedError';

  constructor(message: string, options: RunErrorOptions<AbortedOutcome>) {
    super(message, options);
    addBrand(this, 'RunAbortedError');
  }

  static override isInstance(error: unknown): error is RunAbortedError {
    return hasBrand(error, 'RunAbortedError');
  }
}

/** `cause` is the error of the run: an `HttpError`, an `InvalidOutputError` … */
export class RunFailedError extends RunError<FailedOutcome> {
  override readonly name = 'RunFailedError';

  constructor(message: string, options: RunErrorOptions<FailedOutcome>) {
    super(message, options);
    addBrand(this, 'RunFailedError');
  }

  static override isInstance(error: unknown): error is RunFailedError {
    return hasBrand(error, 'RunFailedError');
  }
}

/** Creates the error with which `await run` rejects. `hasHost`: whether the run was given a host. */
export function createRunError(outcome: IncompleteOutcome, { hasHost }: { readonly hasHost: boolean }): RunError {
  const run = `Run "${outcome.runId}"`;
  switch (outcome.status) {
    case 'suspended': {
      const names = outcome.pending.map(({ id }) => id).join(', ');
      const how = hasHost
        ? 'Call host.answer, then agent.resume.'
        : 'It has no host, so it cannot be answered. Pass a host: agent.run(input, { host: memoryHost() }), then call host.answer and agent.resume.';
      return new RunSuspendedError(`${run} waits for answers to ${names}. ${how}`, { outcome });
    }
    case 'limited': {
      const { limit, max, spent } = outcome;
      const message = `${run} reached its limit: ${limit}, ${spent} of ${max}. error.outcome.output has the output so far.`;
      return new RunLimitedError(message, { outcome });
    }
    case 'truncated':
      return new RunTruncatedError(`${run}: the token limit cut the response off. Raise max_completion_tokens.`, {
        outcome,
      });
    case 'filtered':
      return new RunFilteredError(`${run}: the server's content filter stopped the response.`, { outcome });
    case 'refused':
      return new RunRefusedError(`${run}: the model refused: ${outcome.refusal}`, { outcome });
    case 'aborted':
      return new RunAbortedError(`${run} was aborted: ${outcome.reason}`, { outcome });
    case 'failed':
      return new RunFailedError(`${run} failed: ${outcome.error.message}`, { outcome, cause: toError(outcome.error) });
  }
}
