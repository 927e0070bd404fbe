import { checkListeners } from '@pawl/core/host';
import { checkOptions, checkUrl } from './check-options.ts';
import { Database } from './database.ts';
import { DbosHost } from './dbos-host.ts';
import { EngineClient, prepareEngine } from './engine.ts';
import type { DbosClient, DbosClientOptions, DbosDurableHost, DbosOptions, Watchable } from './host-types.ts';
import { Outside } from './outside.ts';
import { prepareTables } from './tables.ts';

export type * from './host-types.ts';

/**
 * Keeps runs in PostgreSQL, on DBOS Transact: many workers, on many machines. A worker takes the runs of its agents that
 * were enqueued or answered, and those of a worker that is gone, within seconds.
 *
 * DBOS is one in a process, and so is this. Close it at the end: `process.once('SIGTERM', () => void host.close())`.
 *
 * @throws DurableError `host.executor_taken` where another worker has that name, `host.second`, `host.unreachable`,
 * `host.refused`, `host.newer`. Later, out of a run that stays resumable, also `host.lost`, `host.full`, `run.lost`.
 */
export async function dbosHost<Resumed extends Watchable>(options: DbosOptions<Resumed>): Promise<DbosDurableHost> {
  const { url } = options;
  checkOptions(options);
  if (options.listeners !== undefined) checkListeners(options.listeners, 'dbosHost, listeners');
  return opened(url, CONNECTIONS, async (database) => {
    const engineClient = await EngineClient.open(database, url);
    return DbosHost.launch({ options, database, engineClient });
  });
}

/** What a process needs that works on no run: a web server that enqueues, lists, answers and cancels. */
export async function dbosClient({ url, ...options }: DbosClientOptions): Promise<DbosClient> {
  checkUrl(url, 'dbosClient');
  return opened(url, CLIENT_CONNECTIONS, async (database) => {
    return new Outside({ database, engine: await EngineClient.open(database, url), ...options });
  });
}

/** DBOS polls its queues with some of them. */
const CONNECTIONS = 20;
const CLIENT_CONNECTIONS = 5;

async function opened<T>(url: string, connections: number, open: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(url, { connections });
  try {
    await prepareTables(database, () => prepareEngine(url));
    return await open(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}
