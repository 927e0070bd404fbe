import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { instantiations } from '../../test/types/cost/instantiations.ts';
import { BASE, type Entry, PAWL, packagesOf, pawl } from './contestants.ts';
import type { Measured, Samples } from './rows.ts';

/** What installing puts on the disk, and what core is in a bundle and to the compiler. */
export async function measureFootprint(entries: readonly Entry[]): Promise<Measured> {
  const installed = packagesOf(entries);
  return {
    disk: sampled(installed, ({ folder }) => bytesBelow(join(folder, 'node_modules')) / 2 ** 20),
    packages: sampled(installed, packageCount),
    bundle: { [PAWL]: [(await bundleBytes()) / 1_000] },
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

/** Of all that `@pawl/core` exports and what it depends on, but zod; minified and gzipped. */
async function bundleBytes(): Promise<number> {
  const build = await rolldown({
    cwd: pawl.folder,
    input: '@pawl/core',
    platform: 'node',
    external: [/^zod(\/|$)/, /^node:/],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  return output.reduce((sum, chunk) => sum + (chunk.type === 'chunk' ? gzipSync(chunk.code).length : 0), 0);
}
