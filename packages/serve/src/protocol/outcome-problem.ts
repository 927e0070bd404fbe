import { type Outcome, PawlError } from '@pawl/core';
import type { ErrorData } from '@pawl/core/events';
import { HttpProblem } from './problem.ts';

/**
 * Returns the error that a client gets for a run that did not complete; `undefined` if the outcome is an answer: completed, suspended, refused,
 * truncated, filtered, or limited with output.
 *
 * @param isKeyed - whether the request has an `Idempotency-Key`: the key names the run for good, so a second try cannot help
 */
export function findOutcomeProblem(outcome: Outcome<unknown>, isKeyed = false): HttpProblem | undefined {
  switch (outcome.status) {
    case 'completed':
    case 'suspended':
    case 'refused':
    case 'truncated':
    case 'filtered':
      return undefined;
    case 'limited': {
      if (outcome.output !== undefined) return undefined;
      const { limit, max, spent } = outcome;
      return createRunProblem(`The run reached its limit "${limit}": ${spent} of ${max}.`, {
        status: 422,
        code: 'run.limited',
      });
    }
    case 'aborted':
      return createRunProblem(`The run was aborted: ${outcome.reason}`, { status: 422, code: 'run.aborted' });
    case 'failed':
      return describeFailure(outcome, isKeyed);
  }
}

function describeFailure(
  { error, toolCallCount }: Extract<Outcome<unknown>, { status: 'failed' }>,
  isKeyed: boolean,
): HttpProblem {
  // A client that tries again would run the tools again.
  if (toolCallCount > 0 || isKeyed) return createFinalProblem(error);
  const { status = 0, retryAfterMs = 1_000 } = readDetails(error);
  const retry = {
    'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
    'retry-after-ms': String(Math.ceil(retryAfterMs)),
  };
  if (status === 429)
    return createRunProblem(error.message, { status: 429, code: 'rate_limit_exceeded', headers: retry });
  if (error.name === 'TimeoutError')
    return createRunProblem(error.message, { status: 504, code: error.code ?? 'timeout' });
  if (error.name === 'NetworkError' || status >= 500) {
    return createRunProblem(error.message, { status: 503, code: error.code ?? 'run.failed', headers: retry });
  }
  return createFinalProblem(error);
}

function createFinalProblem({ message, code }: ErrorData): HttpProblem {
  const text = code === undefined ? message : `${message} (${code})`;
  return createRunProblem(text, { status: 424, code: 'run.failed' });
}

interface RunProblem {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function createRunProblem(message: string, { status, code, headers = {} }: RunProblem): HttpProblem {
  const isFinal = status === 424 || status === 422;
  const all = { ...headers, ...(isFinal && { 'x-should-retry': 'false' }) };
  return new HttpProblem(message, { status, code, type: 'run_error', headers: all });
}

function readDetails({ details = {} }: ErrorData): { readonly status?: number; readonly retryAfterMs?: number } {
  const { status, retryAfterMs } = details;
  return { ...(typeof status === 'number' && { status }), ...(typeof retryAfterMs === 'number' && { retryAfterMs }) };
}

/**
 * Returns the response for anything thrown. A client reads why its request was refused; why the server failed is for `onRequest`: such a message
 * may have paths of files, or the text of an error that is not ours.
 */
export function toProblem(error: unknown): HttpProblem {
  if (HttpProblem.isInstance(error)) return error;
  const code = PawlError.isInstance(error) ? error.code : undefined;
  if (code === undefined || !PawlError.isInstance(error)) {
    return new HttpProblem('The server failed.', { status: 500, code: 'server_error', cause: error });
  }
  const { message } = error;
  if (code.startsWith('approval.')) return new HttpProblem(message, { status: 422, code, cause: error });
  if (code === 'run.unknown') return new HttpProblem('There is no such run.', { status: 404, code, cause: error });
  if (REFUSED.has(code)) {
    return new HttpProblem(message, { status: 422, code, headers: { 'x-should-retry': 'false' }, cause: error });
  }
  if (code.startsWith('config.')) return new HttpProblem('The server failed.', { status: 500, code, cause: error });
  const unavailable = 'The server cannot read or store runs at the moment. Try again later.';
  return new HttpProblem(unavailable, { status: 503, code, headers: { 'retry-after': '1' }, cause: error });
}

/** Codes of errors that are the same if the request is sent again. */
const REFUSED: ReadonlySet<string> = new Set([
  'run.conflict',
  'run.exists',
  'run.not_waiting',
  'run.not_ended',
  'run.agent',
  'run.version',
  'run.changed',
  'run.format',
  'run.conversation',
  'step.unknown',
  'conversation.open',
  'conversation.conflict',
]);
