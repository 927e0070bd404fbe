import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, type Host, HostError } from '@pawl/core';
import { checkSchemaVersion, chooseResumable, hasEnded, readAgentName, resumeWith } from '@pawl/core/host';
import type { Database } from './database.ts';
import type { AttemptWorkflow } from './engine.ts';
import type { WorkerAgent, WorkerRun } from './host-types.ts';
import { isTransient } from './retry.ts';
import { lockRun, setQueuedWorkflow } from './run-table.ts';
import type { WorkerStore } from './worker-store.ts';

export interface QueueWorkerOptions<Resumed extends WorkerRun> {
  readonly host: Host;
  readonly store: WorkerStore;
  readonly database: Database;
  readonly clock: Clock;
  readonly agents: readonly WorkerAgent<Resumed>[];
  readonly onRun: ((run: Resumed) => void) | undefined;
  readonly onError: (error: unknown, runId: string) => void;
}

/** Continues the runs that the queues assign to this process, with its agents. */
export class QueueWorker<Resumed extends WorkerRun> {
  readonly #options: QueueWorkerOptions<Resumed>;
  readonly #agents: ReadonlyMap<string, WorkerAgent<Resumed>>;
  /** Runs work outside the async context of the DBOS workflow, so that a tool may use DBOS itself. */
  readonly #runOutside = AsyncLocalStorage.snapshot() as <T>(work: () => T) => T;
  readonly #closing = new AbortController();
  readonly #running = new Set<string>();

  constructor(options: QueueWorkerOptions<Resumed>) {
    this.#options = options;
    this.#agents = new Map(options.agents.map((each) => [readAgentName(each), each]));
  }

  get agents(): readonly string[] {
    return [...this.#agents.keys()];
  }

  /** Whether this process is running a workflow. */
  isRunning(workflowId: string): boolean {
    return this.#running.has(workflowId);
  }

  /** Runs one workflow: an attempt at a run. */
  async handleAttempt(workflow: AttemptWorkflow): Promise<string> {
    this.#running.add(workflow.workflowId);
    try {
      return await this.#runOutside(() => this.#runAttempt(workflow));
    } finally {
      this.#running.delete(workflow.workflowId);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  /** Retries after each failure of the host: otherwise the run would stay in no queue. */
  async #runAttempt(workflow: AttemptWorkflow): Promise<string> {
    const { clock, onError } = this.#options;
    const { signal } = this.#closing;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await this.#resume(workflow);
      } catch (error) {
        if (!isTransient(error)) onError(error, workflow.runId);
        if (!isTemporary(error)) {
          await this.#retryUntilDone(() => this.#withdraw(workflow));
          throw error;
        }
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined); // Rejects if the host closes.
      if (signal.aborted) return this.#requeue(workflow);
    }
  }

  async #resume(workflow: AttemptWorkflow): Promise<string> {
    const { runId, attempt, workflowId } = workflow;
    const { host, store, onRun } = this.#options;
    const { attempts } = store;
    try {
      const { record, attempts: made, status } = await store.find(runId);
      checkSchemaVersion(record);
      const known = this.#agents.get(record.agent);
      const agent = known && chooseResumable(known, record);
      if (made >= attempt || hasEnded(status) || agent === undefined) {
        await this.#withdraw(workflow);
        return 'nothing to do';
      }
      if (attempts.has(runId)) return this.#waitForOwnAttempt(workflow);
      attempts.offer(runId, workflowId);
      const run = resumeWith(agent, { record, host });
      onRun?.(run);
      return (await run.outcome()).status;
    } finally {
      attempts.takeOffer(runId);
    }
  }

  /** Takes the run out of the queue and leaves it as it is: this worker cannot continue it. */
  #withdraw({ runId, workflowId }: AttemptWorkflow): Promise<void> {
    return this.#options.database.runTransaction(async (client) => {
      const run = await lockRun(client, runId);
      if (run.queuedWorkflowId === workflowId) await setQueuedWorkflow(client, runId, undefined);
    });
  }

  /** Enqueues the run for other workers, after a pause: an attempt that has lost the run is still working here, possibly for long. */
  async #waitForOwnAttempt(workflow: AttemptWorkflow): Promise<string> {
    await this.#options.clock.sleep(FIRST_PAUSE_MS, this.#closing.signal).catch(() => undefined); // Rejects if the host closes.
    return this.#requeue(workflow);
  }

  async #requeue({ runId, attempt }: AttemptWorkflow): Promise<string> {
    const { store, database } = this.#options;
    await database.runTransaction(async (client) => {
      const run = await lockRun(client, runId);
      if (run.attempts === attempt - 1 && !hasEnded(run.status)) await store.enqueueNextAttempt(client, run);
    });
    return 'requeued';
  }

  async #retryUntilDone(work: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (!isTemporary(error)) return;
        await clock.sleep(FIRST_PAUSE_MS, signal).catch(() => undefined);
      }
    }
  }
}

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** Whether an error is one of the host or its database, which a later try may not meet. */
function isTemporary(error: unknown): boolean {
  return HostError.isInstance(error) && error.code.startsWith('host.');
}
