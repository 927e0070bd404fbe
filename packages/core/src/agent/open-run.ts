import { type Cancellation, untilCancelled } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { DurableError } from '../base/errors.ts';
import { follow, hasEnded } from '../host/follow.ts';
import type { DurableHost, RunSummary } from '../host/host.ts';

export interface ConversationPlace {
  readonly host: DurableHost;
  /** The conversation's id. */
  readonly id: string;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
}

/** The newest run of a conversation that has not ended. */
export async function findOpenRun({
  host,
  id,
}: Pick<ConversationPlace, 'host' | 'id'>): Promise<RunSummary | undefined> {
  const runs = await host.runs({ conversation: id, order: 'desc', limit: 100 });
  return runs.find(({ status }) => !hasEnded(status));
}

/**
 * Waits until every open run of a conversation has ended.
 *
 * @throws DurableError `conversation.open`, naming the run, if nobody works on it: then nobody knows when it ends.
 */
export async function waitForOpenRun(place: ConversationPlace): Promise<void> {
  for (let open = await findOpenRun(place); open !== undefined; open = await findOpenRun(place)) {
    const { runId, status } = open;
    if (status === 'suspended' || status === 'interrupted') throw stillOpen(runId, { id: place.id, status });
    await waitForRun(runId, place);
  }
}

/** Waits while somebody works on a run. */
export async function waitForRun(runId: string, { host, clock, cancellation }: ConversationPlace): Promise<void> {
  for await (const { status } of follow(host, runId, {
    clock,
    signal: cancellation.signal,
    after: Number.MAX_SAFE_INTEGER,
  })) {
    if (status !== 'running' && status !== 'queued') return;
  }
  cancellation.throwIfCancelled();
}

function stillOpen(runId: string, { id, status }: { readonly id: string; readonly status: string }): DurableError {
  const fix =
    status === 'suspended'
      ? 'Answer what it waits for, write to it by agent.continueConversation, or cancel it.'
      : 'Resume it by agent.resume or agent.continueConversation, or cancel it.';
  return new DurableError(`Conversation "${id}" has an open run, "${runId}", which is ${status}. ${fix}`, {
    code: 'conversation.open',
  });
}

/** By host and conversation, the turn that ends last in this process. */
const turns = new WeakMap<DurableHost, Map<string, Promise<void>>>();

/**
 * Does the work when the turns that were taken before in this process are over: of two clicks the second finds the run that the
 * first began. An abort gives up the waiting, not the work.
 */
export async function takeTurn<T>({ host, id, cancellation }: ConversationPlace, work: () => Promise<T>): Promise<T> {
  const known = turns.get(host) ?? new Map<string, Promise<void>>();
  turns.set(host, known);
  const before = known.get(id) ?? Promise.resolve();
  const { promise: done, resolve: end } = Promise.withResolvers<void>();
  const mine = before.then(() => done);
  known.set(id, mine);
  try {
    await untilCancelled(cancellation, () => before);
    return await work();
  } finally {
    end();
    if (known.get(id) === mine) known.delete(id);
  }
}
