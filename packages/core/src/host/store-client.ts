import { type Clock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import type { UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { readPath } from '../event/step-name.ts';
import type { RunTotals } from '../event/usage.ts';
import { addEvents } from './add-events.ts';
import { checkAnswer, checkMessage, createNotWaitingError, isOpen, type Wait } from './check-answer.ts';
import { createQueuedRecord } from './create-queued-record.ts';
import { followEvents, hasEnded } from './follow-events.ts';
import { createFork } from './fork.ts';
import type {
  AnswerOptions,
  CountFilter,
  DeleteOptions,
  EnqueueOptions,
  FollowedEvents,
  FollowOptions,
  ForkOptions,
  HostClient,
  QueuedInput,
  RunCounts,
  RunFilter,
  RunProgress,
  RunSummary,
} from './host.ts';
import { readAnswerOptions, readCancelOptions, readDeletion, readGetRunOptions } from './host-options.ts';
import { roundClock } from './round-clock.ts';
import { checkCountFilter, checkFilter, checkPosition, tallyStatuses } from './run-filter.ts';
import type { ClientStore, RunChange, StoredRun, StoredStep } from './run-store.ts';
import { checkSchemaVersion, checkStoredStep } from './schema-version.ts';
import type { PendingAnswer } from './step-runner.ts';

/** Reads, answers, queues, forks and cancels the runs of a store, without working on them. */
export class StoreClient implements HostClient {
  /** Returns whole milliseconds. */
  protected readonly clock: Clock;
  readonly #store: ClientStore;

  constructor(store: ClientStore, { clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#store = store;
    this.clock = roundClock(clock);
  }

  // biome-ignore lint/complexity/useMaxParams: the port names the call by two ids; who answers must stay outside the answer
  async answer(runId: string, pendingId: string, answer: Answer, options: AnswerOptions = {}): Promise<void> {
    const { by } = readAnswerOptions(options, 'host.answer');
    await this.findReadable(runId);
    await this.#store.update(runId, {
      waits: { name: pendingId },
      decide: ({ status }, waits) => {
        const endStatus = hasEnded(status) ? status : undefined;
        const answering = { runId, pendingId, wait: waits.get(pendingId), endStatus, now: this.clock.now() };
        const wait = checkAnswer(answer, answering);
        return { result: undefined, change: putAnswer(answer, { status, by, waits: [[pendingId, wait]] }) };
      },
    });
  }

  async sendMessage(runId: string, message: UserMessage, options: AnswerOptions = {}): Promise<void> {
    const { by } = readAnswerOptions(options, 'host.sendMessage');
    checkMessage(message, runId);
    await this.findReadable(runId);
    await this.#store.update(runId, {
      waits: 'all',
      decide: ({ status }, waits) => {
        const open = hasEnded(status) ? [] : [...waits].filter(([, wait]) => isOpen(wait));
        if (open.length === 0) throw createNotWaitingError(runId);
        return { result: undefined, change: putAnswer({ type: 'interrupt', message }, { status, by, waits: open }) };
      },
    });
  }

  async enqueue(agent: string, input: QueuedInput, options: EnqueueOptions = {}): Promise<string> {
    const record = createQueuedRecord(agent, { input, options, now: this.clock.now() });
    await this.#store.insert(record, { type: 'queued' });
    return record.runId;
  }

  async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    const { reason } = readCancelOptions(options);
    await this.findReadable(runId);
    await this.#store.update(runId, {
      decide: ({ status, cancelReason = reason }) => {
        if (hasEnded(status)) return { result: undefined };
        return { result: undefined, change: { cancelReason, isResumable: status !== 'running' } };
      },
    });
  }

  async getRun(runId: string, options: { readonly after?: number } = {}): Promise<RunProgress> {
    const after = checkPosition(readGetRunOptions(options).after, 'host.getRun: after');
    // Reads the run before its steps: if it has ended by then, no event is missing.
    const { record, status, outcome } = await this.findReadable(runId);
    const steps = await this.readSteps(runId, after);
    const events = steps.map(({ position, name, value }) => {
      return { position, step: name, path: readPath(name), event: value as JournalEvent }; // The loop's steps record journal events.
    });
    return { record, status, events, ...(outcome !== undefined && { outcome }) };
  }

  followRun<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<FollowedEvents<Options>> {
    return followEvents(this, runId, { clock: this.clock, options });
  }

  async listRuns(filter?: RunFilter): Promise<readonly RunSummary[]> {
    const runs = await this.#store.list(checkFilter(filter));
    if (filter?.totals !== true) return runs;
    const counted: RunSummary[] = [];
    for (const run of runs) counted.push({ ...run, totals: await this.#readTotals(run) }); // One journal in memory at a time.
    return counted;
  }

  /** A run without an outcome is at work, or was interrupted: its recorded events say what it has used. */
  async #readTotals({ runId, outcome }: RunSummary): Promise<RunTotals> {
    if (outcome === undefined) return addEvents(await this.#store.listSteps(runId, 0));
    const { usage, turnCount, toolCallCount } = outcome;
    return { usage, turnCount, toolCallCount };
  }

  async countRuns(filter?: CountFilter): Promise<RunCounts> {
    const checked = checkCountFilter(filter);
    return this.#store.count?.(checked) ?? tallyStatuses(await this.#store.list(checked));
  }

  async deleteRuns(options: DeleteOptions): Promise<number> {
    const deletion = readDeletion(options, this.clock.now());
    if (this.#store.deleteRuns !== undefined) return this.#store.deleteRuns(deletion);
    throw new ConfigError('host.deleteRuns: the store of this host deletes no runs. Implement RunStore.deleteRuns.');
  }

  async fork(runId: string, options: ForkOptions): Promise<string> {
    const { record } = await this.findReadable(runId);
    const steps = await this.readSteps(runId, 0);
    const waits = await this.#store.update(runId, { waits: 'all', decide: (_, all) => ({ result: all }) });
    const events = new Map(steps.map(({ name, value }): [string, JournalEvent] => [name, value as JournalEvent])); // As above.
    const fork = createFork({ record, events }, { options, now: this.clock.now() });
    await this.#store.insert(fork.record, {
      type: 'queued',
      steps: steps.filter(({ name }) => fork.isCopied(name)),
      waits: new Map([...waits].filter(([name]) => fork.isCopied(name))),
    });
    return fork.record.runId;
  }

  /** Reads the steps of a run after a position. @throws HostError `run.format` for a step or an event that this version does not know. */
  protected async readSteps(runId: string, after: number): Promise<readonly StoredStep[]> {
    const steps = await this.#store.listSteps(runId, after);
    for (const step of steps) checkStoredStep(step, runId);
    return steps;
  }

  /** Finds a run that this version can read. @throws HostError `run.unknown`, `run.format` */
  protected async findReadable(runId: string): Promise<StoredRun> {
    const run = await this.#store.find(runId);
    checkSchemaVersion(run.record);
    return run;
  }
}

interface AnsweredWaits {
  readonly status: RunSummary['status'];
  readonly by: string | undefined;
  readonly waits: readonly (readonly [name: string, wait: Wait])[];
}

function putAnswer(answer: PendingAnswer, { status, by, waits }: AnsweredWaits): RunChange {
  const changed = waits.map(([name, wait]) => [name, { ...wait, answer, ...(by !== undefined && { by }) }] as const);
  return { waits: new Map(changed), isResumable: status === 'suspended' };
}
