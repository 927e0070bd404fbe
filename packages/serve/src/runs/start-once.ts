import type { Outcome } from '@pawl/core';
import { formatOwner } from '../access/owner.ts';
import { createInvalidError, HttpProblem } from '../protocol/problem.ts';
import type { ServedAgent } from './agent-directory.ts';
import { hashText } from './hash-text.ts';
import type { RunControl } from './run-control.ts';
import { REQUEST_HASH, type RunRegistry, type RunStart, type StartedRun } from './run-registry.ts';

/** What identifies a request that a client may send again. */
export interface RequestIdentity {
  /** The header `Idempotency-Key`. */
  readonly key: string | undefined;
  /** Whether the client says that it has sent the request before, as OpenAI's clients do. */
  readonly isRetry: boolean;
  readonly hash: string;
}

/** Reads the identity of a request. `text`: its body. @throws HttpProblem 400 for a key that is not visible ASCII of at most 255 characters */
export function identifyRequest(
  { headers }: Request,
  { owner, text }: { readonly owner: string; readonly text: string },
): RequestIdentity {
  const key = headers.get('idempotency-key') ?? undefined;
  if (key !== undefined && !/^[!-~]{1,255}$/.test(key)) {
    throw createInvalidError('Idempotency-Key must have 1 to 255 visible ASCII characters.', 'Idempotency-Key');
  }
  const isRetry = Number(headers.get('x-stainless-retry-count') ?? 0) > 0;
  return { key, isRetry, hash: hashText(JSON.stringify([owner, text])) };
}

interface OnceOptions {
  readonly registry: RunRegistry;
  readonly control: RunControl;
  readonly identity: RequestIdentity;
  /** Begins a run that was not begun before. @defaultValue `registry.start` */
  readonly begin?: (start: RunStart) => Promise<StartedRun>;
}

type Runs = Pick<OnceOptions, 'registry' | 'control'>;

/**
 * Starts a run, or attaches to the one that the same request has started before:
 * 1. with a key, the key names the run for good;
 * 2. a request that says that it is sent again gets the newest run of the same body of the last ten minutes;
 * 3. otherwise a run starts. Two equal requests are two runs.
 *
 * @throws HttpProblem 422 `run.conflict` for a key with another body
 */
export async function startOnce(
  served: ServedAgent,
  start: RunStart,
  { registry, control, identity, begin = (fresh) => registry.start(served, fresh) }: OnceOptions,
): Promise<StartedRun> {
  const { key, hash, isRetry } = identity;
  const identified: RunStart = { ...start, requestHash: hash };
  if (key !== undefined) {
    const runId = await computeHash([formatOwner(start.principal), served.agent.name, key]);
    return (
      (await attachByKey(runId, identified, { registry, control })) ?? registry.start(served, { ...identified, runId })
    );
  }
  const known = isRetry ? await findEarlierTry(served, identified, { registry, control }) : undefined;
  if (known === undefined) return begin(identified);
  await attach(known, start, { registry, control });
  return { runId: known, isAttached: true };
}

async function attachByKey(
  runId: string,
  start: RunStart,
  { registry, control }: Runs,
): Promise<StartedRun | undefined> {
  const found = await control.find(start.principal, runId).catch((error: unknown) => {
    if (HttpProblem.isInstance(error) && error.status === 404) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (found.record.metadata[REQUEST_HASH] !== start.requestHash) {
    throw new HttpProblem('This Idempotency-Key was sent with another body. Send another key.', {
      status: 422,
      code: 'run.conflict',
      headers: { 'x-should-retry': 'false' },
    });
  }
  await attach(runId, start, { registry, control });
  return { runId, isAttached: true };
}

async function attach(runId: string, { principal, isStreamed }: RunStart, { registry, control }: Runs): Promise<void> {
  const { status } = await control.find(principal, runId);
  if (status === 'interrupted' || status === 'queued') {
    await registry.resume(runId, { ...(isStreamed !== undefined && { isStreamed }) });
  }
}

/** Finds the run of an earlier try. One that ended before a tool began has done nothing: the new try is a new run. */
async function findEarlierTry(
  { agent }: ServedAgent,
  { principal, requestHash = '' }: RunStart,
  { registry, control }: Runs,
): Promise<string | undefined> {
  const since = registry.now() - RETRY_WINDOW_MS;
  const filter = {
    agent: agent.name,
    metadata: { [REQUEST_HASH]: requestHash },
    since,
    order: 'desc',
    limit: 1,
  } as const;
  const [newest] = await control.listOwned(principal, filter);
  return newest === undefined || isUseless(newest.outcome) ? undefined : newest.runId;
}

function isUseless(outcome: Outcome<unknown> | undefined): boolean {
  const status = outcome?.status;
  return (status === 'failed' || status === 'aborted') && outcome?.toolCallCount === 0;
}

const RETRY_WINDOW_MS = 600_000;

/** SHA-256 of the JSON of a list, in hexadecimal: parts of a list cannot run into each other. */
async function computeHash(parts: readonly string[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(parts)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
