import type { Outcome } from '@pawl/core';
import { computeSha256, type RunProgress } from '@pawl/core/host';
import { hashText } from '@pawl/core/model';
import { formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import { createInvalidError, HttpProblem } from '../protocol/problem.ts';
import type { ServedAgent } from './agent-directory.ts';
import { RETRY_WINDOW_MS } from './known-requests.ts';
import type { RunControl } from './run-control.ts';
import { REQUEST_HASH, type RunRegistry } from './run-registry.ts';
import type { RunStart, StartedRun } from './run-start.ts';

/** What identifies a request that a client may send again. */
export interface RequestIdentity {
  /** The header `Idempotency-Key`. */
  readonly key: string | undefined;
  /** Whether the client says that it has sent the request before, as OpenAI's clients do. */
  readonly isRetry: boolean;
  /** Finds an equal body of the same owner. No protection: an owner can only confuse its own requests. */
  readonly hash: string;
  /** Whether the whole response is sent at once: the client has nothing of it if it loses the connection. */
  readonly isWhole: boolean;
}

interface RequestText {
  readonly owner: string;
  /** The body. */
  readonly text: string;
  readonly isWhole: boolean;
}

/** Reads the identity of a request. @throws HttpProblem 400 for a key that is not visible ASCII of at most 255 characters */
export function identifyRequest({ headers }: Request, { owner, text, isWhole }: RequestText): RequestIdentity {
  const key = headers.get('idempotency-key') ?? undefined;
  if (key !== undefined && !/^[!-~]{1,255}$/.test(key)) {
    throw createInvalidError('Idempotency-Key must have 1 to 255 visible ASCII characters.', 'Idempotency-Key');
  }
  const isRetry = Number(headers.get('x-stainless-retry-count') ?? 0) > 0;
  return { key, isRetry, hash: hashText(JSON.stringify([owner, text])), isWhole };
}

interface OnceOptions {
  readonly registry: RunRegistry;
  readonly control: RunControl;
  readonly identity: RequestIdentity;
  /** Begins a run that was not begun before. @defaultValue `registry.start` */
  readonly begin?: (start: RunStart) => Promise<StartedRun>;
}

/**
 * Starts a run, or attaches to the one that the same request has started before:
 * 1. with a key, the key names the run for good;
 * 2. a request that says that it is sent again gets the newest run of the same body of the last ten minutes;
 * 3. so does one whose equal lost its client in this process before the whole response was there: no client has that answer;
 * 4. otherwise a run starts. Two equal requests are two runs.
 *
 * A message that goes to an open run of a conversation starts no run that the host knows by the request: a second try finds it in this process.
 *
 * @throws HttpProblem 422 `run.conflict` for a key with another body
 */
export async function startOnce(
  served: ServedAgent,
  start: RunStart,
  { registry, control, identity, begin = (fresh) => registry.start(served, fresh) }: OnceOptions,
): Promise<StartedRun> {
  const { key, hash } = identity;
  const identified: RunStart = { ...start, requestHash: hash };
  const tries = { registry, control, identity, start: identified, served };
  if (key !== undefined) return startByKey(key, { ...tries, begin });
  const earlier = await findEarlierTry(tries);
  if (earlier !== undefined) return earlier;
  const started = await begin(identified);
  const id = formatId(start.principal, hash);
  if (started.isAttached) registry.requests.add(id, { run: Promise.resolve(started), hash });
  else registry.requests.remove(id);
  return started;
}

/** Remembers a request whose client has gone without an answer. */
export function rememberLostRequest(
  registry: RunRegistry,
  {
    principal,
    identity,
    run,
  }: { readonly principal: Principal; readonly identity: RequestIdentity; readonly run: StartedRun },
): void {
  const { hash } = identity;
  registry.requests.add(formatLostId(principal, hash), { run: Promise.resolve(run), hash });
}

interface Tries extends Pick<OnceOptions, 'registry' | 'control' | 'identity'> {
  readonly served: ServedAgent;
  readonly start: RunStart;
}

async function startByKey(
  key: string,
  { begin, ...tries }: Tries & Required<Pick<OnceOptions, 'begin'>>,
): Promise<StartedRun> {
  const { registry, control, served, start, identity } = tries;
  const { hash } = identity;
  const runId = await computeSha256(JSON.stringify([formatOwner(start.principal), served.agent.name, key]));
  const stored = await control.findIfVisible(start.principal, runId);
  if (stored !== undefined) {
    checkSameBody(stored.record.metadata[REQUEST_HASH], hash);
    return attach(stored, tries);
  }
  const known = registry.requests.find(runId);
  if (known !== undefined) {
    checkSameBody(known.hash, hash);
    return { ...(await known.run), isAttached: true };
  }
  // Nothing is awaited since the look at the known requests: of two at once the second finds the first.
  const run = begin({ ...start, runId });
  registry.requests.add(runId, { run, hash });
  const started = await run;
  if (started.runId === runId) registry.requests.remove(runId); // The host has it.
  return started;
}

function checkSameBody(known: unknown, hash: string): void {
  if (known === hash) return;
  throw new HttpProblem('This Idempotency-Key was sent with another body. Send another key.', {
    status: 422,
    code: 'run.conflict',
    headers: { 'x-should-retry': 'false' },
  });
}

/** Finds the run of an earlier try. One that ended before a tool began has done nothing: the new try is a new run. */
async function findEarlierTry(tries: Tries): Promise<StartedRun | undefined> {
  const { registry, control, start, identity } = tries;
  const { hash, isRetry, isWhole } = identity;
  const { requests } = registry;
  const { principal } = start;
  const lostId = formatLostId(principal, hash);
  const lost = isWhole ? requests.find(lostId) : undefined;
  if (lost !== undefined) requests.remove(lostId); // One client gets the answer.
  const known = lost ?? (isRetry ? requests.find(formatId(principal, hash)) : undefined);
  if (known !== undefined) {
    const run = await known.run;
    const found = await control.findIfVisible(principal, run.runId);
    if (found === undefined || isUseless(found.outcome)) return undefined;
    return { ...run, ...(await attach(found, tries)) };
  }
  const newest = isRetry ? await findNewest(tries) : undefined;
  return newest === undefined || isUseless(newest.outcome) ? undefined : attach(newest, tries);
}

async function findNewest({ registry, control, served, start, identity }: Tries): Promise<RunProgress | undefined> {
  const filter = {
    agent: served.agent.name,
    metadata: { [REQUEST_HASH]: identity.hash },
    since: registry.now() - RETRY_WINDOW_MS,
    order: 'desc',
    limit: 1,
  } as const;
  const [newest] = await control.listOwned(start.principal, filter);
  return newest === undefined ? undefined : control.findIfVisible(start.principal, newest.runId);
}

function isUseless(outcome: Outcome<unknown> | undefined): boolean {
  const status = outcome?.status;
  return (status === 'failed' || status === 'aborted') && outcome?.toolCallCount === 0;
}

/** Attaches to a run. Continues one that nobody works on. */
async function attach(run: RunProgress, { registry, start: { isStreamed } }: Tries): Promise<StartedRun> {
  if (run.status === 'interrupted' || run.status === 'queued') {
    await registry.resume(run, { ...(isStreamed !== undefined && { isStreamed }) });
  }
  return { runId: run.record.runId, isAttached: true };
}

function formatId(principal: Principal, hash: string): string {
  return JSON.stringify([formatOwner(principal), hash]);
}

function formatLostId(principal: Principal, hash: string): string {
  return JSON.stringify([formatOwner(principal), hash, 'lost']);
}
