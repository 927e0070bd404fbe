import { ConfigError } from '@pawl/core';
import { type Drift, findDrift } from '../lock/find-drift.ts';
import {
  type LockedServer,
  type LockStore,
  openLockFile,
  readLockedServer,
  writeLockedServer,
} from '../lock/lock-file.ts';
import { hashDefinition, hashText, type McpDefinition } from './definition.ts';
import { listDefinitions } from './list-definitions.ts';
import type { ResolvedOptions } from './options.ts';
import type { Session } from './session.ts';

/** A server as it is now. */
export interface ServerDescription {
  /** Sorted by name. */
  readonly definitions: readonly McpDefinition[];
  readonly instructions: string | undefined;
  /** In the form of its pins. */
  readonly server: LockedServer;
}

/** Asks a server for its tools. @throws if it does not list them */
export async function describeServer(session: Session, options: ResolvedOptions): Promise<ServerDescription> {
  const definitions = await listDefinitions(session, { timeoutMs: options.idleTimeoutMs });
  // A client of the application may lack these methods.
  const { name = 'unknown', version = '' } = session.client.getServerVersion?.() ?? {};
  const instructions = session.client.getInstructions?.();
  const { command, args = [], url } = options;
  const server: LockedServer = {
    ...(command !== undefined && { command: [command, ...args] }),
    ...(url !== undefined && { url: String(url) }),
    server: `${name}@${version}`,
    ...(instructions !== undefined && { instructionsHash: hashText(instructions) }),
    tools: Object.fromEntries(
      definitions.map((definition) => [definition.name, { hash: hashDefinition(definition), definition }]),
    ),
  };
  return { definitions, instructions, server };
}

export function openLockStore(lockFile: string | LockStore): LockStore {
  return typeof lockFile === 'string' ? openLockFile(lockFile) : lockFile;
}

/**
 * Compares a server with its pins, and writes them on first use.
 *
 * @returns what differs, with `onDrift: 'omit'`
 * @throws ConfigError `mcp.drift` with each difference; `mcp.lock` if the pins are unreadable, or missing in CI
 */
export async function checkPins(current: LockedServer, options: ResolvedOptions): Promise<Drift | undefined> {
  const { name, lockFile, include, onDrift = 'fail' } = options;
  if (lockFile === undefined) return undefined;
  const store = openLockStore(lockFile);
  const pinned = await readLockedServer(store, name);
  if (pinned === undefined) {
    refuseMissingPins(options, store);
    await writeLockedServer(store, name, current);
    return undefined;
  }
  const drift = findDrift(pinned, current, include);
  if (drift === undefined || onDrift === 'omit') return drift;
  throw createDriftError(name, drift.lines);
}

function refuseMissingPins({ name, ci = isContinuousIntegration() }: ResolvedOptions, store: LockStore): void {
  if (!ci) return;
  throw new ConfigError(
    `MCP server "${name}" is not pinned in ${store.name ?? 'the lock store'}. Pin it outside CI: npx pawl-mcp pin, and commit the file.`,
    { code: 'mcp.lock' },
  );
}

function isContinuousIntegration(): boolean {
  const value = process.env['CI'];
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}

export function createDriftError(server: string, lines: readonly string[]): ConfigError {
  return new ConfigError(
    `MCP server "${server}" differs from its pins:\n${lines.map((line) => `  ${line}`).join('\n')}\nIf you agree with each difference, pin it again: npx pawl-mcp pin.`,
    { code: 'mcp.drift' },
  );
}
