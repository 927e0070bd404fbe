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
import type { AnyMcpOptions } from './options.ts';

/** What a server is now, in the form of its pins. */
export function describeServer(
  { command, args = [], url }: Pick<AnyMcpOptions, 'command' | 'args' | 'url'>,
  { definitions, server, instructions }: ServerDescription,
): LockedServer {
  const sorted = [...definitions].sort((one, other) => (one.name < other.name ? -1 : 1));
  return {
    ...(command !== undefined && { command: [command, ...args] }),
    ...(url !== undefined && { url: String(url) }),
    server,
    ...(instructions !== undefined && { instructionsHash: hashText(instructions) }),
    tools: Object.fromEntries(
      sorted.map((definition) => [definition.name, { hash: hashDefinition(definition), definition }]),
    ),
  };
}

export interface ServerDescription {
  readonly definitions: readonly McpDefinition[];
  /** `name@version` */
  readonly server: string;
  readonly instructions: string | undefined;
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
export async function checkPins(current: LockedServer, options: AnyMcpOptions): Promise<Drift | undefined> {
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
  throw createDriftError(name, drift);
}

function refuseMissingPins({ name, ci = isContinuousIntegration() }: AnyMcpOptions, store: LockStore): void {
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

export function createDriftError(server: string, { lines }: Drift): ConfigError {
  return new ConfigError(
    `MCP server "${server}" differs from its pins:\n${lines.map((line) => `  ${line}`).join('\n')}\nIf you agree with each difference, pin it again: npx pawl-mcp pin.`,
    { code: 'mcp.drift' },
  );
}
