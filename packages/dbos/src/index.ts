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
 * Keeps runs in PostgreSQL, on DBOS Transact: many workers, on many machines. A worker takes the runs of its agents that
 * were enqueued or answered, and those of a worker that is gone, within seconds.
 *
 * DBOS is one in a process, and so is this. Close it at the end: `process.once('SIGTERM', () => void host.close())`.
 *
 * @throws HostError `host.executor_taken` where another worker has that name, `host.already_open`, `host.unreachable`,
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

/** What a process needs that works on no run: a web server that enqueues, lists, answers and cancels. */
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

/** A URL has a password: it is quoted by nobody. */
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

/** DBOS polls its queues with some of them. */
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
