import { DBOS, DBOSClient, type DLogger } from '@dbos-inc/dbos-sdk';
import { HostError } from '@pawl/core';
import { type RunRecord, SCHEMA_VERSION } from '@pawl/core/host';
import { type Database, type PoolClient, toDatabaseError } from './database.ts';
import type { QueueOptions } from './host-types.ts';

/** The workflow of DBOS that carries one attempt at a run. */
export interface AttemptWorkflow {
  readonly runId: string;
  /** The number of the attempt. The workflow does nothing if an attempt with that number has already begun. */
  readonly attempt: number;
  readonly workflowId: string;
}

/** Creates an id that DBOS has no recorded steps for. */
export function createWorkflowId(runId: string): string {
  return `${runId}:${crypto.randomUUID()}`;
}

/** Works on an attempt. The workflow lasts until the promise settles. */
export type AttemptHandler = (workflow: AttemptWorkflow) => Promise<string>;

const APPLICATION = 'pawl';
const WORKFLOW = 'pawl.run';

/** Creates the tables of DBOS. */
export function prepareEngine(url: string): Promise<void> {
  return convertErrors(() => DBOS.migrate(url));
}

/** What decides which workers may take a run. */
export type QueuedRun = Pick<RunRecord, 'agent' | 'schemaVersion'>;

/** The client of DBOS: enqueues attempts and reads their state. */
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
        applicationName: APPLICATION,
        logger: QUIET,
      }),
    );
    return new EngineClient(client);
  }

  /** Enqueues an attempt in a transaction, for a worker that has the agent and knows the schema version. */
  async enqueue(
    on: PoolClient,
    { agent, schemaVersion }: QueuedRun,
    { runId, attempt, workflowId }: AttemptWorkflow,
  ): Promise<void> {
    const options = {
      workflowName: WORKFLOW,
      workflowID: workflowId,
      queueName: nameQueue(agent),
      appVersion: formatVersion(schemaVersion),
    };
    await this.#client.enqueueInTransaction(on, options, runId, attempt);
  }

  /** Reads the attempts that DBOS has assigned to an executor and that have not ended. */
  async listPending(executorId: string): Promise<readonly AttemptWorkflow[]> {
    const filter = { status: 'PENDING', workflowName: WORKFLOW, executorId, loadOutput: false } as const;
    const workflows = await convertErrors(() => this.#client.listWorkflows(filter));
    return workflows.map(({ workflowID: workflowId, input }) => {
      const [runId, attempt] = input as [string, number]; // Only this file starts workflows of that name.
      return { runId, attempt, workflowId };
    });
  }

  /** Selects the workflows that wait in a queue or are assigned to an executor. */
  async listUnfinished(workflowIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (workflowIds.length === 0) return new Set();
    const status = ['ENQUEUED', 'DELAYED', 'PENDING'] as const;
    const filter = { workflowIDs: [...workflowIds], status: [...status], loadInput: false, loadOutput: false };
    const workflows = await convertErrors(() => this.#client.listWorkflows(filter));
    return new Set(workflows.map(({ workflowID }) => workflowID));
  }

  /** Ends workflows that no worker works on. */
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

/** DBOS exists once in a process, with one workflow function for all runs. */
let currentHandler: AttemptHandler | undefined;
let isRegistered = false;

/** The DBOS of this process: takes attempts from the queues. */
export class Engine {
  private constructor() {}

  /** @throws HostError `host.already_open` */
  static async launch({ url, database, executorId, agents, queue, handleAttempt }: EngineOptions): Promise<Engine> {
    if (currentHandler !== undefined || DBOS.isInitialized()) {
      throw new HostError(
        'DBOS is already running in this process, which can have only one. Use that host, or close it first.',
        {
          code: 'host.already_open',
        },
      );
    }
    currentHandler = handleAttempt;
    try {
      if (!isRegistered) DBOS.registerWorkflow(runAttempt, { name: WORKFLOW });
      isRegistered = true;
      const queues = agents.map(nameQueue);
      DBOS.setConfig({
        name: APPLICATION,
        applicationVersion: formatVersion(SCHEMA_VERSION),
        systemDatabaseUrl: url,
        systemDatabasePool: database.pool,
        executorID: executorId,
        listenQueues: queues,
        useListenNotify: false, // Pawl does not use notifications of DBOS.
        logger: QUIET,
      });
      await DBOS.launch();
      for (const name of queues)
        await DBOS.registerQueue(name, { ...buildQueueParameters(queue), onConflict: 'always_update' });
      return new Engine();
    } catch (error) {
      await DBOS.shutdown().catch(() => undefined); // Ends a partial launch. The error is thrown below.
      currentHandler = undefined;
      throw toDatabaseError(findRootCause(error));
    }
  }

  /** Takes no further attempts, waits for the running ones, and closes the connections. */
  async shutdown(graceMs: number): Promise<void> {
    await DBOS.shutdown({ workflowCompletionTimeoutMS: graceMs });
    currentHandler = undefined;
  }
}

async function runAttempt(runId: string, number: number): Promise<string> {
  const { workflowID: workflowId } = DBOS;
  if (currentHandler === undefined || workflowId === undefined) throw new Error('No dbosHost() is open.');
  return currentHandler({ runId, attempt: number, workflowId });
}

/** Converts the errors of connections, which DBOS passes on or wraps. */
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

/**
 * DBOS gives a workflow only to workers of the same version. Pawl uses the schema version of the run: a new deployment continues older runs,
 * and a worker gets no run that it cannot read.
 */
function formatVersion(schemaVersion: number): string {
  return `pawl-${schemaVersion}`;
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

/** Drops what DBOS logs about each launch and retry, and keeps warnings and errors. */
const QUIET: DLogger = {
  info: () => undefined,
  debug: () => undefined,
  warn: (entry) => console.warn(entry),
  error: (entry) => console.error(entry),
};
