import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, DurableError, type DurableHost } from '@pawl/core';
import { agentNameOf, hasEnded, resumeWith } from '@pawl/core/host';
import type { Attempts, Begun } from './attempts.ts';
import type { Database } from './database.ts';
import type { AttemptWorkflow, Within } from './engine.ts';
import type { AgentOfWorker, Watchable } from './host-types.ts';
import type { Outside } from './outside.ts';
import { findRun, lockRun } from './run-table.ts';

export interface QueueWorkerOptions<Resumed extends Watchable> {
  readonly host: DurableHost & Outside;
  readonly attempts: Attempts;
  readonly database: Database;
  readonly clock: Clock;
  readonly agents: readonly AgentOfWorker<Resumed>[];
  readonly onRun: ((run: Resumed) => void) | undefined;
  readonly onError: (error: unknown, runId: string) => void;
}

/** Goes on with the runs that a queue gives this process, by the agents that it has. */
export class QueueWorker<Resumed extends Watchable> {
  readonly #options: QueueWorkerOptions<Resumed>;
  readonly #agents: ReadonlyMap<string, AgentOfWorker<Resumed>>;
  readonly #outside = AsyncLocalStorage.snapshot() as Within;
  readonly #closing = new AbortController();

  constructor(options: QueueWorkerOptions<Resumed>) {
    this.#options = options;
    this.#agents = new Map(options.agents.map((each) => [agentNameOf(each), each]));
  }

  get agents(): readonly string[] {
    return [...this.#agents.keys()];
  }

  /** The function of each workflow: an attempt of this process's own, or one that a queue gave it. */
  drive(workflow: AttemptWorkflow, within: Within): Promise<string> {
    return new Promise((resolve, reject) => {
      const begun = { workflowId: workflow.workflowId, within, end: resolve };
      if (!this.#options.attempts.deliver(begun)) this.#resume(workflow, begun).then(resolve, reject);
    });
  }

  close(): void {
    this.#closing.abort();
  }

  async #resume(workflow: AttemptWorkflow, begun: Begun): Promise<string> {
    const { runId, attempt } = workflow;
    const { host, attempts, database, onRun } = this.#options;
    try {
      const { record, attempts: made, status } = await findRun(database, runId);
      const agent = this.#agents.get(record.agent);
      if (made >= attempt || hasEnded(status) || agent === undefined) return 'nothing to do';
      attempts.offer(runId, begun);
      const run = this.#outside(() => resumeWith(agent, { record, host }));
      onRun?.(run);
      return (await run.outcome()).status;
    } catch (error) {
      if (DurableError.isInstance(error) && PASSING.has(error.code)) return this.#resumeLater(workflow, begun);
      this.#options.onError(error, runId);
      throw error;
    } finally {
      attempts.takeOffer(runId);
    }
  }

  /** What stands in the way is no fault of the run's: it must not be forgotten for it. */
  async #resumeLater(workflow: AttemptWorkflow, begun: Begun): Promise<string> {
    const { host, database, clock } = this.#options;
    const { signal } = this.#closing;
    await clock.sleep(AGAIN_MS, signal).catch(() => undefined); // Aborted: it is left to others.
    if (!signal.aborted) return this.#resume(workflow, begun);
    await database.transaction(async (client) => {
      const run = await lockRun(client, workflow.runId);
      if (run.attempts === workflow.attempt - 1) await host.leave(client, run);
    });
    return 'left to another worker';
  }
}

const AGAIN_MS = 1_000;

/** Problems of the host that pass. */
const PASSING: ReadonlySet<string> = new Set(['host.unreachable', 'host.full', 'host.io', 'host.lost', 'host.closing']);
