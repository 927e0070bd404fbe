import type { Outcome } from '@pawl/core';
import type { RequestContext } from '../context.ts';
import { HttpProblem } from '../protocol/problem.ts';
import type { StartedRun } from '../runs/run-start.ts';
import { type RequestIdentity, rememberLostRequest } from '../runs/start-once.ts';

/** Waits for the outcome that a request gets as a whole. If its client goes away before, an equal request gets the same run. */
export async function waitForAnswer(
  context: RequestContext,
  { identity, ...run }: StartedRun & { readonly identity: RequestIdentity },
): Promise<Outcome<unknown>> {
  const { runs, principal, request } = context;
  try {
    return await waitForOutcome(context, run.runId);
  } finally {
    if (request.signal.aborted) rememberLostRequest(runs, { principal, identity, run });
  }
}

/**
 * Waits until a run has ended or is suspended. The client counts as one that reads the run.
 *
 * @throws HttpProblem 499 if the client has gone, 503 if the server closes; HostError
 */
export async function waitForOutcome({ runs, request }: RequestContext, runId: string): Promise<Outcome<unknown>> {
  const release = runs.hold(runId);
  try {
    const outcome = await runs.waitForOutcome(runId, request.signal);
    if (outcome !== undefined) return outcome;
  } finally {
    release();
  }
  if (request.signal.aborted) throw new HttpProblem('The client has gone.', { status: 499, code: 'client.gone' });
  throw new HttpProblem(`The server closes. Read the answer with GET /v1/chat/completions/${runId}.`, {
    status: 503,
    code: 'host.closing',
    headers: { 'retry-after': '1' },
  });
}
