import { type Clock, systemClock } from '../base/clock.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import { checkListeners } from '../event/check-listeners.ts';
import type { Fact } from '../event/fact.ts';
import type { Listeners } from '../event/observers.ts';
import type { Outcome } from '../event/outcome.ts';
import { checkAnswer, checkMessage, existing, isOpen, notWaiting, unknown } from './answering.ts';
import { Drain } from './drain.ts';
import type { Durable } from './durable.ts';
import { enqueuedRecord } from './enqueued.ts';
import { followFacts } from './follow.ts';
import { forkOf } from './fork.ts';
import type {
  DurableHost,
  EnqueueOptions,
  Followed,
  FollowOptions,
  ForkOptions,
  OpenedRun,
  OpenOptions,
  RememberedFact,
  RunFilter,
  RunProgress,
  RunRecord,
  RunSummary,
} from './host.ts';
import { readCancelOptions, readCloseOptions, readReadOptions } from './host-options.ts';
import { type Kept, MemoryRun } from './memory-run.ts';
import { checkFilter, checkPosition, matchesFilter } from './run-filter.ts';
import { pathOf } from './step-order.ts';
import { roundClock, roundTime } from './whole-time.ts';

/**
 * Keeps runs in this process for as long as the object is held. The default host.
 *
 * Runs end with the process. To answer or resume a run by its id, hold the one that you passed to `agent.run`.
 */
export function memory(options: MemoryOptions = {}): DurableHost {
  const { clock = systemClock, listeners } = checkOptions(options, MEMORY, 'memory');
  if (listeners !== undefined) checkListeners(listeners, 'memory, listeners');
  return new MemoryHost(clock, { isHeld: true, listeners });
}

/** The same for one run alone, where nobody has a host who could ask it for anything. */
export function ownMemory(clock: Clock): DurableHost {
  return new MemoryHost(clock, { isHeld: false });
}

export interface MemoryOptions {
  /** For the expiry of approvals. @defaultValue the machine's */
  readonly clock?: Clock;
  /** They hear every run that this process works on with this host, resumed ones included, before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
}

const MEMORY: OptionTable<MemoryOptions> = { keys: { clock: 'clock', listeners: 'any' } };

class MemoryHost implements DurableHost {
  readonly listeners: Listeners | undefined;
  readonly #runs = new Map<string, Kept>();
  readonly #clock: Clock;
  readonly #isHeld: boolean;
  readonly #drain: Drain;
  #lastPosition = 0;

  constructor(clock: Clock, { isHeld, listeners }: Pick<MemoryOptions, 'listeners'> & { readonly isHeld: boolean }) {
    this.listeners = listeners;
    this.#clock = roundClock(clock);
    this.#isHeld = isHeld;
    this.#drain = new Drain(this.#clock);
  }

  async start(record: RunRecord): Promise<Durable> {
    return this.#hold(this.#add(record));
  }

  async open(runId: string, { accept }: OpenOptions = {}): Promise<OpenedRun> {
    const kept = this.#find(runId);
    const { record, outcome } = kept;
    accept?.(record);
    if (outcome !== undefined && outcome.status !== 'suspended') return { type: 'ended', record, outcome };
    if (kept.isLive) return { type: 'elsewhere', record };
    return { type: 'held', record, durable: this.#hold(kept) };
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const kept = this.#find(runId);
    this.#drain.remove(runId);
    kept.isLive = false;
    kept.updatedAt = this.#clock.now();
    kept.outcome = outcome;
    if (outcome?.status === 'suspended') setApart(kept);
  }

  async answer(runId: string, pendingId: string, answer: Answer): Promise<void> {
    const kept = this.#find(runId);
    const wait = kept.waits?.get(pendingId);
    checkAnswer(answer, { runId, pendingId, wait, ended: endOf(kept), now: this.#clock.now() });
    if (wait !== undefined) kept.waits?.set(pendingId, { ...wait, word: copied(answer) });
  }

  async send(runId: string, message: UserMessage): Promise<void> {
    checkMessage(message, runId);
    const kept = this.#find(runId);
    const open = endOf(kept) === undefined ? [...(kept.waits ?? [])].filter(([, wait]) => isOpen(wait)) : [];
    if (open.length === 0) throw notWaiting(runId);
    for (const [id, wait] of open) {
      kept.waits?.set(id, { ...wait, word: { type: 'interrupt', message: copied(message) } });
    }
  }

  async enqueue(agent: string, input: string | readonly Message[], options: EnqueueOptions = {}): Promise<string> {
    return this.#add(enqueuedRecord(agent, { input, options, now: this.#clock.now() })).record.runId;
  }

  async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    const { reason } = readCancelOptions(options);
    this.#find(runId).cancel?.abort(reason);
  }

  async read(runId: string, options: { readonly after?: number } = {}): Promise<RunProgress> {
    const { after } = readReadOptions(options);
    const kept = this.#find(runId);
    const { record, outcome } = kept;
    const known = Math.max(0, checkPosition(after, 'read: after'));
    const facts = [...kept.steps].slice(known).map(([name, value], index): RememberedFact => {
      return { position: known + index + 1, path: pathOf(name), fact: value as Fact }; // The loop's steps yield facts.
    });
    return { record, status: statusOf(kept), facts, ...(outcome === undefined ? {} : { outcome }) };
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return followFacts(this, runId, { clock: this.#clock, options });
  }

  async runs(given?: RunFilter): Promise<readonly RunSummary[]> {
    const filter = checkFilter(given);
    const { after, order, limit } = filter;
    const found: RunSummary[] = [];
    for (const kept of order === 'asc' ? this.#runs.values() : [...this.#runs.values()].reverse()) {
      if (found.length >= limit) break;
      const isBefore = after !== undefined && (order === 'asc' ? kept.position <= after : kept.position >= after);
      const summary = isBefore ? undefined : summaryOf(kept);
      if (summary === undefined) continue;
      if (matchesFilter(summary, { conversation: kept.record.conversation?.id, filter })) found.push(summary);
    }
    return found;
  }

  async fork(runId: string, options: ForkOptions): Promise<string> {
    const { record, steps, waits } = this.#find(runId);
    const facts = steps as Map<string, Fact>; // As above.
    const fork = forkOf({ record, facts }, { options, now: this.#clock.now() });
    const kept = this.#add(copied(fork.record));
    for (const [name, value] of steps) if (fork.copies(name)) kept.steps.set(name, copied(value));
    kept.waits = new Map(
      [...(waits ?? [])].filter(([name]) => fork.copies(name)).map(([name, wait]) => [name, copied(wait)]),
    );
    return fork.record.runId;
  }

  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = readCloseOptions(options);
    for (const runId of await this.#drain.close(graceMs)) this.#find(runId).isLive = false;
  }

  #add(record: RunRecord): Kept {
    if (this.#runs.has(record.runId)) throw existing(record.runId);
    const kept: Kept = {
      record,
      position: ++this.#lastPosition,
      steps: new Map(),
      intents: undefined,
      waits: undefined,
      isLive: false,
      attempts: 0,
      updatedAt: roundTime(record.at),
      outcome: undefined,
      cancel: this.#isHeld ? new AbortController() : undefined,
    };
    this.#runs.set(record.runId, kept);
    return kept;
  }

  #hold(kept: Kept): Durable {
    this.#drain.checkOpen();
    this.#drain.add(kept.record.runId);
    kept.isLive = true;
    kept.outcome = undefined;
    kept.attempts++;
    kept.updatedAt = this.#clock.now();
    return new MemoryRun(kept, { clock: this.#clock, checkOpen: () => this.#drain.checkOpen() });
  }

  #find(runId: string): Kept {
    const kept = this.#runs.get(runId);
    if (kept === undefined) throw unknown(runId);
    return kept;
  }
}

/** Who holds a run's outcome or its events may change them; what was approved has to stay what it is. */
function setApart(kept: Kept): void {
  kept.record = copied(kept.record);
  for (const [name, value] of kept.steps) kept.steps.set(name, copied(value));
}

/** A middleware may have left something in a result that can't be copied: that stays as it is. */
function copied<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

function endOf({ outcome }: Kept): string | undefined {
  return outcome?.status === 'suspended' ? undefined : outcome?.status;
}

function statusOf({ isLive, attempts, outcome }: Kept): RunSummary['status'] {
  if (isLive) return 'running';
  return outcome?.status ?? (attempts === 0 ? 'queued' : 'interrupted');
}

function summaryOf(kept: Kept): RunSummary {
  const { record, position, updatedAt, attempts, outcome } = kept;
  const { runId, agent, metadata, at } = record;
  const times = { startedAt: roundTime(at), updatedAt };
  const known = { runId, agent, status: statusOf(kept), metadata, position, ...times, attempts };
  return { ...known, ...(outcome === undefined ? {} : { outcome }) };
}
