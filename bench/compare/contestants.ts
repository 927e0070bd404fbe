import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const bench = join(import.meta.dirname, '..');

/** The contestant that ratios refer to. */
export const BASE = 'fetch';
export const PAWL = 'pawl';

export interface ContestantEntry {
  /** `fetch`, `node:http`, `undici`, `pawl`, or a peer as `folder/client`. */
  readonly name: string;
  readonly file: string;
  /** The folder of its package.json, in which it is installed. */
  readonly folder: string;
}

export const base: ContestantEntry = createEntry(BASE, 'contestants/by-hand/fetch.client.ts');
export const pawl: ContestantEntry = createEntry(PAWL, 'contestants/pawl/agent.client.ts');

/** The loops written by hand, and Pawl. */
export const contestants: readonly ContestantEntry[] = [
  base,
  createEntry('node:http', 'contestants/by-hand/node-http.client.ts'),
  createEntry('undici', 'contestants/undici/request.client.ts'),
  pawl,
];

/** Lists all peers, installed or not. */
export function listPeers(): readonly ContestantEntry[] {
  return globSync('peers/*/*.client.ts', { cwd: bench })
    .sort()
    .map((file) => createEntry(`${basename(dirname(file))}/${basename(file, '.client.ts')}`, file));
}

export function isInstalled({ folder }: ContestantEntry): boolean {
  return existsSync(join(folder, 'node_modules'));
}

/** Selects the first entry of each folder. */
export function selectPackages(entries: readonly ContestantEntry[]): readonly ContestantEntry[] {
  return entries.filter(({ folder }, index) => entries.findIndex((other) => other.folder === folder) === index);
}

/** Reads the installed versions of the contestants' dependencies. */
export function readVersions(entries: readonly ContestantEntry[]): Readonly<Record<string, string>> {
  const read = (...path: readonly string[]) => JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8'));
  const found = selectPackages(entries).flatMap(({ folder }) =>
    Object.keys(read(folder).dependencies).map((name) => [name, read(folder, 'node_modules', name).version]),
  );
  return Object.fromEntries(found);
}

/** Reads the packages that its users import. */
export function readImports({ folder }: ContestantEntry): readonly string[] {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).measuredImports;
}

function createEntry(name: string, path: string): ContestantEntry {
  const file = join(bench, path);
  return { name, file, folder: dirname(file) };
}
