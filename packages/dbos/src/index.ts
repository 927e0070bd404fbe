import { checkOptions, type OptionTable } from '@pawl/core';
import { checkListeners } from '@pawl/core/host';
import { checkDbosOptions, checkUrl } from './check-options.ts';
import { Database } from './database.ts';
import { DbosClientStore } from './dbos-client-store.ts';
import { DbosStoreClient } from './dbos-store-client.ts';
import { DbosStoreHost } from './dbos-store-host.ts';
import { EngineClient, prepareEngine } from './engine.ts';
import type { DbosClient, DbosClientOptions, DbosHost, DbosHostOptions, WorkerRun } from './host-types.ts';
import { prepareTables } from './tables.ts';

export type { Resumable, ResumableWithContext, ResumableWithConversation } from '@pawl/core/host';
export type {
  DbosClient,
  DbosClientOptions,
  DbosHost,
  DbosHostOptions,
  QueueOptions,
  WorkerAgent,
  WorkerRun,
} from './host-types.ts';

/**
 * Creates a host that stores runs in PostgreSQL, on DBOS Transact, for many workers on many machines. Within seconds, a worker continues the
 * runs of its agents that were enqueued or answered, and those of dead workers.
 *
 * A process can have one DBOS, and so one `dbosHost`. Close it at the end: `process.once('SIGTERM', () => void host.close())`.
 *
 * @throws ConfigError for invalid options; HostError `host.executor_taken` if another live worker has that name, `host.already_open`, `host.unreachable`,
 * `host.refused`, `host.newer`. Later, out of a run that stays resumable, also `host.lost`, `host.full`, `run.lost`.
 */
export async function dbosHost<Resumed extends WorkerRun>(given: DbosHostOptions<Resumed>): Promise<DbosHost> {
  const options = checkOptions(given, DBOS, 'dbosHost');
  const { url } = options;
  if (options.listeners !== undefined) checkListeners(options.listeners, 'dbosHost, listeners');
  checkDbosOptions(options);
  return openDatabase(url, CONNECTIONS, async (database) => {
    return DbosStoreHost.launch({ options, database, engine: await EngineClient.open(database, url) });
  });
}

/** Creates a client for a process that does not work on runs, such as a web server that enqueues, lists, answers and cancels. */
export async function dbosClient(given: DbosClientOptions): Promise<DbosClient> {
  const { url, ...options } = checkOptions(given, CLIENT, 'dbosClient');
  checkUrl(url, 'dbosClient');
  return openDatabase(url, CLIENT_CONNECTIONS, async (database) => {
    const store = new DbosClientStore({ database, engine: await EngineClient.open(database, url) });
    return new DbosStoreClient(store, options);
  });
}

const URL_HINTS: Readonly<Record<string, string>> = {
  databaseUrl: 'The option is "url".',
  connectionString: 'The option is "url".',
};

/** `url` is checked by `checkUrl`, which does not quote it: it may contain a password. */
const CLIENT: OptionTable<DbosClientOptions> = { keys: { url: 'any', clock: 'clock' }, hints: URL_HINTS };

const DBOS: OptionTable<DbosHostOptions<WorkerRun>> = {
  keys: {
    url: 'any',
    executorId: 'any',
    agents: 'list',
    queue: {
      keys: {
        workerConcurrency: 'number',
        concurrency: 'number',
        rateLimit: { keys: { runs: 'number', periodMs: 'number' } },
        pollingMs: 'number',
      },
      hints: { limit: 'The option is "concurrency".', intervalMs: 'The option is "pollingMs".' },
    },
    leaseMs: 'number',
    onRun: 'function',
    onError: 'function',
    listeners: 'any',
    clock: 'clock',
  },
  hints: { ...URL_HINTS, name: 'The option is "executorId".', workerId: 'The option is "executorId".' },
};

/** DBOS uses some of them to poll its queues. */
const CONNECTIONS = 20;
const CLIENT_CONNECTIONS = 5;

async function openDatabase<T>(url: string, connections: number, open: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(url, { connections });
  try {
    await prepareTables(database, () => prepareEngine(url));
    return await open(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}
