import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Host, memoryHost } from '@pawl/core';
import type { ClaimResult } from '@pawl/core/host';
import { type SqliteHost, type SqliteHostOptions, sqliteHost } from '@pawl/core/sqlite';
import { onTestFinished } from 'vitest';

export interface HostUnderTest {
  readonly name: string;
  readonly open: (options?: { readonly clock?: Clock }) => Host;
}

/** What holds of one host holds of every host. */
export const hosts: readonly HostUnderTest[] = [
  { name: 'memory', open: memoryHost },
  // What differs from 'full' is a matter of power failures, and thousands of files wait for the disk.
  { name: 'SQLite', open: (options) => sqliteHost(createFile(), { synchronous: 'normal', ...options }) },
];

/** A file of its own for the test, gone after it. */
export function createFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'runs.db');
}

/** Closed after the test, whatever it left at work. */
export function openSqlite(file: string, options?: SqliteHostOptions): SqliteHost {
  const host = sqliteHost(file, options);
  onTestFinished(() => host.close({ graceMs: 0 }));
  return host;
}

/** The run, taken over to work on it. */
export async function claimRun(host: Host, runId: string): Promise<Extract<ClaimResult, { type: 'claimed' }>> {
  const opened = await host.claim(runId);
  if (opened.type === 'claimed') return opened;
  throw new Error(`Run "${runId}" was not there to be taken: ${opened.type}.`);
}

/** What an approval waits with. */
export const APPROVAL = { fingerprint: 'f', accepts: ['approve', 'deny', 'edit'] } as const;
