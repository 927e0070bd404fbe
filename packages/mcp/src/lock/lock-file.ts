import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { ConfigError } from '@pawl/core';
import type { McpDefinition } from '../client/definition.ts';
import { describeError } from '../client/errors.ts';

/** What is pinned of one server. */
export interface LockedServer {
  /** How the server is reached: the command with its arguments, or the URL. `undefined` for a client of the application. */
  readonly command?: readonly string[] | undefined;
  readonly url?: string | undefined;
  /** `name@version`, as the server says. It is shown with differences and is none itself. */
  readonly server: string;
  /** SHA-256 of the server's instructions. */
  readonly instructionsHash?: string | undefined;
  /** By the server's names, sorted. */
  readonly tools: Readonly<Record<string, LockedTool>>;
}

export interface LockedTool {
  /** SHA-256 of the canonical JSON of the definition. */
  readonly hash: string;
  readonly definition: McpDefinition;
}

export interface LockData {
  readonly lockfileVersion: 1;
  readonly servers: Readonly<Record<string, LockedServer>>;
}

/** Where pins are kept. `read` returns `undefined` if there are none. */
export interface LockStore {
  /** Names the store in errors. */
  readonly name?: string;
  read(): Promise<LockData | undefined>;
  write(data: LockData): Promise<void>;
}

/** Returns a store that is one JSON file. A write replaces the file as a whole. */
export function openLockFile(path: string): LockStore {
  return {
    name: path,
    read: async () => {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw createUnreadableError(path, describeError(error));
      });
      return text === undefined ? undefined : parseLock(text, path);
    },
    write: async (data) => {
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        await writeFile(temporary, `${JSON.stringify(data, null, 2)}\n`);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw new ConfigError(`The MCP lock file ${path} cannot be written: ${describeError(error)}`, { cause: error });
      }
    },
  };
}

/** Returns the pins of one server. An unreadable store is an error, never an absent pin. */
export async function readLockedServer(store: LockStore, server: string): Promise<LockedServer | undefined> {
  const data: unknown = await store.read();
  if (data === undefined) return undefined;
  const { servers } = checkLock(data, store.name ?? 'the store');
  return Object.hasOwn(servers, server) ? servers[server] : undefined;
}

/** Queues of writes: clients of one process that pin several servers in one file must not lose each other's pins. */
const queues = new Map<string, Promise<void>>();

/** Pins a server, in place of what was pinned of it before. */
export async function writeLockedServer(store: LockStore, server: string, locked: LockedServer): Promise<void> {
  const key = store.name ?? '';
  const write = async (): Promise<void> => {
    const data = await store.read();
    const servers = { ...data?.servers, [server]: locked };
    const sorted = Object.entries(servers).sort(([one], [other]) => (one < other ? -1 : 1));
    await store.write({ lockfileVersion: 1, servers: Object.fromEntries(sorted) });
  };
  const written = (queues.get(key) ?? Promise.resolve()).then(write, write);
  queues.set(key, written);
  try {
    await written;
  } finally {
    if (queues.get(key) === written) queues.delete(key);
  }
}

function parseLock(text: string, name: string): LockData {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw createUnreadableError(name, describeError(error));
  }
  return checkLock(data, name);
}

function checkLock(data: unknown, name: string): LockData {
  const { lockfileVersion, servers } = Object(data);
  if (lockfileVersion !== 1) {
    throw createUnreadableError(name, `lockfileVersion is ${JSON.stringify(lockfileVersion)}, and not 1`);
  }
  if (typeof servers !== 'object' || servers === null) throw createUnreadableError(name, 'it has no servers');
  for (const [server, locked] of Object.entries(servers)) {
    const { tools } = Object(locked);
    const isValid = typeof tools === 'object' && tools !== null && Object.values(tools).every(isLockedTool);
    if (!isValid) throw createUnreadableError(name, `the tools of "${server}" are invalid`);
  }
  return data as LockData; // Checked above.
}

function isLockedTool(tool: unknown): boolean {
  const { hash, definition } = Object(tool);
  return (
    typeof hash === 'string' &&
    typeof Object(definition).name === 'string' &&
    typeof definition.inputSchema === 'object'
  );
}

function createUnreadableError(name: string, problem: string): ConfigError {
  return new ConfigError(
    `The MCP lock file ${name} is unreadable: ${problem}. Restore it, or delete it and pin the servers again.`,
    { code: 'mcp.lock' },
  );
}
