import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundleEntry } from '../../scripts/sizes.ts';
import { instantiations } from '../../test/types/cost/instantiations.ts';
import { BASE, type Entry, PAWL, packagesOf, pawl } from './contestants.ts';
import type { Measured, Samples } from './rows.ts';

/** What installing puts on the disk, and what core is in a bundle and to the compiler. */
export async function measureFootprint(entries: readonly Entry[]): Promise<Measured> {
  const installed = packagesOf(entries);
  const core = createRequire(pawl.file).resolve('@pawl/core');
  return {
    disk: sampled(installed, ({ folder }) => bytesBelow(join(folder, 'node_modules')) / 2 ** 20),
    packages: sampled(installed, packageCount),
    bundle: { [PAWL]: [(await bundleEntry({ name: PAWL, source: `export * from ${JSON.stringify(core)};` })).size] },
    types: { [BASE]: [instantiations('inferred')], [PAWL]: [instantiations('tools')] },
  };
}

function sampled(entries: readonly Entry[], measure: (entry: Entry) => number): Samples {
  return Object.fromEntries(entries.map((entry) => [entry.name, [measure(entry)]]));
}

/** As the file system counts them, in blocks. */
function bytesBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + bytesBelow(path);
    return sum + (entry.isFile() ? statSync(path).blocks * 512 : 0);
  }, 0);
}

function packageCount({ folder }: Entry): number {
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.keys(lock.packages).length;
}
