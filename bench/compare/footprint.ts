import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundleEntry } from '../../scripts/sizes.ts';
import { countInstantiations } from '../../test/types/cost/instantiations.ts';
import { BASE, type ContestantEntry, PAWL, pawl, selectPackages } from './contestants.ts';
import type { MeasuredRows, Samples } from './rows.ts';

/** Measures the installed size, the size of core in a bundle, and its cost for the compiler. */
export async function measureFootprint(entries: readonly ContestantEntry[]): Promise<MeasuredRows> {
  const installed = selectPackages(entries);
  const core = createRequire(pawl.file).resolve('@pawl/core');
  return {
    disk: measureEach(installed, ({ folder }) => countBytes(join(folder, 'node_modules')) / 2 ** 20),
    packages: measureEach(installed, countPackages),
    bundle: { [PAWL]: [(await bundleEntry({ name: PAWL, source: `export * from ${JSON.stringify(core)};` })).size] },
    types: { [BASE]: [countInstantiations('inferred')], [PAWL]: [countInstantiations('tools')] },
  };
}

function measureEach(entries: readonly ContestantEntry[], measure: (entry: ContestantEntry) => number): Samples {
  return Object.fromEntries(entries.map((entry) => [entry.name, [measure(entry)]]));
}

/** Counts bytes in blocks, like the file system. */
function countBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + countBytes(path);
    return sum + (entry.isFile() ? statSync(path).blocks * 512 : 0);
  }, 0);
}

function countPackages({ folder }: ContestantEntry): number {
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.keys(lock.packages).length;
}
