import { DBOS, DBOSClient, type DLogger } from '@dbos-inc/dbos-sdk';
import { HostError } from '@pawl/core';
import { type Database, type PoolClient, toDatabaseError } from './database.ts';
import type { QueueOptions } from './host-types.ts';

/** One attempt at a run, as DBOS carries it: a workflow. */
export interface AttemptWorkflow {
  readonly runId: string;
  /** The attempts before it, and one. It does nothing where another has begun by then. */
  readonly attempt: number;
  readonly workflowId: string;
}

/** Never one that DBOS has steps of already. */
export function createWorkflowId(runId: string): string {
  return `${runId}:${crypto.randomUUID()}`;
}

/** Works on an attempt; the workflow lasts as long as the promise. */
export type AttemptHandler = (workflow: AttemptWorkflow) => Promise<string>;

/** Of all attempts of all versions: a deploy must not strand those that an earlier one began. */
const APPLICATION = { name: 'pawl', version: 'pawl' } as const;
const WORKFLOW = 'pawl.run';

/** Makes DBOS's own tables. */
export function prepareEngine(url: string): Promise<void> {
  return convertErrors(() => DBOS.migrate(url));
}

/** DBOS from outside: enqueues, and reads what became of it. */
export class EngineClient {
  readonly #client: DBOSClient;

  private constructor(client: DBOSClient) {
    this.#client = client;
  }

  static async open(database: Database, url: string): Promise<EngineClient> {
    const client = await convertErrors(() =>
      DBOSClient.create({
        systemDatabaseUrl: url,
        systemDatabasePool: database.pool,
        applicationName: APPLICATION.name,
        logger: QUIET,
      }),
    );
    return new EngineClient(client);
  }

  /** As part of a transaction: the attempt is made if that is committed, by a worker that has the agent. */
  async enqueue(on: PoolClient, agent: string, { runId, attempt, workflowId }: AttemptWorkflow): Promise<void> {
    const options = {
      workflowName: WORKFLOW,
      workflowID: workflowId,
      queueName: nameQueue(agent),
      appVersion: APPLICATION.version,
    };
    await this.#client.enqueueInTransaction(on, options, runId, attempt);
  }

  /** The attempts that an executor has under way, by DBOS's book. */
  async listPending(executorId: string): Promise<readonly AttemptWorkflow[]> {
    const filter = { status: 'PENDING', workflowName: WORKFLOW, executorId, loadOutput: false } as const;
    const workflows = await convertErrors(() => this.#client.listWorkflows(filter));
    return workflows.map(({ workflowID: workflowId, input }) => {
      const [runId, attempt] = input as [string, number]; // Started by this class and the one below only.
      return { runId, attempt, workflowId };
    });
  }

  /** Those of these workflows that are in a queue, or that somebody has in hand. */
  async listUnfinished(workflowIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (workflowIds.length === 0) return new Set();
    const status = ['ENQUEUED', 'DELAYED', 'PENDING'] as const;
    const filter = { workflowIDs: [...workflowIds], status: [...status], loadInput: false, loadOutput: false };
    const workflows = await convertErrors(() => this.#client.listWorkflows(filter));
    return new Set(workflows.map(({ workflowID }) => workflowID));
  }

  /** Ends workflows that nobody works on any more. */
  async cancelAttempts(workflowIds: readonly string[]): Promise<void> {
    if (workflowIds.length > 0) await convertErrors(() => this.#client.cancelWorkflows([...workflowIds]));
  }

  async deleteAttempts(workflowIds: readonly string[]): Promise<void> {
    if (workflowIds.length > 0) await convertErrors(() => this.#client.deleteWorkflows([...workflowIds]));
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }
}

export interface EngineOptions {
  readonly url: string;
  readonly database: Database;
  readonly executorId: string;
  readonly agents: readonly string[];
  readonly queue: QueueOptions;
  readonly handleAttempt: AttemptHandler;
}

/** There is one DBOS in a process, and it has one function for all runs. */
let currentHandler: AttemptHandler | undefined;
let isRegistered = false;

/** DBOS in this process: takes attempts from the queues. */
export class Engine {
  private constructor() {}

  /** @throws HostError `host.already_open` */
  static async launch({
    url,
    database,
    executorId,
    agents,
    queue,
    handleAttempt: drive,
  }: EngineOptions): Promise<Engine> {
    if (currentHandler !== undefined || DBOS.isInitialized()) {
      throw new HostError('There is one DBOS in a process, and it runs already. Use that host, or close it first.', {
        code: 'host.already_open',
      });
    }
    currentHandler = drive;
    try {
      if (!isRegistered) DBOS.registerWorkflow(runAttempt, { name: WORKFLOW });
      isRegistered = true;
      const queues = agents.map(nameQueue);
      DBOS.setConfig({
        name: APPLICATION.name,
        applicationVersion: APPLICATION.version,
        systemDatabaseUrl: url,
        systemDatabasePool: database.pool,
        executorID: executorId,
        listenQueues: queues,
        useListenNotify: false, // Nothing here waits for a notification.
        logger: QUIET,
      });
      await DBOS.launch();
      for (const name of queues)
        await DBOS.registerQueue(name, { ...buildQueueParameters(queue), onConflict: 'always_update' });
      return new Engine();
    } catch (error) {
      await DBOS.shutdown().catch(() => undefined); // It may have begun; what went wrong is told below.
      currentHandler = undefined;
      throw toDatabaseError(findRootCause(error));
    }
  }

  /** Takes no more attempts, waits for those at work, and leaves the database. */
  async shutdown(graceMs: number): Promise<void> {
    await DBOS.shutdown({ workflowCompletionTimeoutMS: graceMs });
    currentHandler = undefined;
  }
}

async function runAttempt(runId: string, number: number): Promise<string> {
  const { workflowID: workflowId } = DBOS;
  if (currentHandler === undefined || workflowId === undefined) throw new Error('No host is open.');
  return currentHandler({ runId, attempt: number, workflowId });
}

/** DBOS passes on what its connections say, or wraps it. */
async function convertErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDatabaseError(findRootCause(error));
  }
}

function findRootCause(error: unknown): unknown {
  const cause =
    error instanceof Error && 'error' in error ? error.error : (error as { readonly cause?: unknown })?.cause;
  return cause instanceof Error ? findRootCause(cause) : error;
}

function nameQueue(agent: string): string {
  return `pawl.${agent}`;
}

function buildQueueParameters({ workerConcurrency, concurrency, rateLimit, pollingMs = 200 }: QueueOptions): object {
  return {
    minPollingIntervalMs: pollingMs,
    ...(workerConcurrency !== undefined && { workerConcurrency }),
    ...(concurrency !== undefined && { globalConcurrency: concurrency }),
    ...(rateLimit && { rateLimit: { limitPerPeriod: rateLimit.runs, periodSec: rateLimit.periodMs / 1_000 } }),
  };
}

/** DBOS tells every launch and every retry. Only what went wrong is of use to somebody who runs a service. */
const QUIET: DLogger = {
  info: () => undefined,
  debug: () => undefined,
  warn: (entry) => console.warn(entry),
  error: (entry) => console.error(entry),
};
