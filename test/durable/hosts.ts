import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Host, memoryHost } from '@pawl/core';
import type { ClaimResult } from '@pawl/core/host';
import { type SqliteHost, type SqliteHostOptions, sqliteHost } from '@pawl/core/sqlite';
import { onTestFinished } from 'vitest';
import { createFolder } from '../folder.ts';

export interface HostUnderTest {
  readonly name: string;
  readonly open: (options?: { readonly clock?: Clock }) => Host;
}

/** Tests over `hosts` check that all hosts behave alike. */
export const hosts: readonly HostUnderTest[] = [
  { name: 'memory', open: memoryHost },
  // `full` differs only after a power failure, and flushing thousands of files is slow.
  { name: 'SQLite', open: (options) => sqliteHost(createEmptyDatabase(), { synchronous: 'normal', ...options }) },
];

/** Creates a file with the tables and no run: making the tables of thousands of files takes a third of the time of their tests. */
function createEmptyDatabase(): string {
  const file = createFile();
  writeFileSync(file, EMPTY_DATABASE);
  return file;
}

const EMPTY_DATABASE = await makeEmptyDatabase();

async function makeEmptyDatabase(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-sqlite-'));
  const file = join(folder, 'runs.db');
  await sqliteHost(file).close();
  const content = readFileSync(file);
  rmSync(folder, { recursive: true });
  return content;
}

/** Creates the path of a file that is removed after the test. */
export function createFile(): string {
  return join(createFolder(), 'runs.db');
}

/** Opens a host that is closed after the test. */
export function openSqlite(file: string, options?: SqliteHostOptions): SqliteHost {
  const host = sqliteHost(file, options);
  onTestFinished(() => host.close({ graceMs: 0 }));
  return host;
}

/** Claims a run. */
export async function claimRun(host: Host, runId: string): Promise<Extract<ClaimResult, { type: 'claimed' }>> {
  const result = await host.claim(runId);
  if (result.type === 'claimed') return result;
  throw new Error(`Run "${runId}" cannot be claimed: it is ${result.type}.`);
}

/** The wait options of an approval. */
export const APPROVAL = { fingerprint: 'f', accepts: ['approve', 'deny', 'edit'] } as const;
