import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleCore } from './bundle.ts';
import { bundlePage } from './bundle-page.ts';
import { embedWorker } from './embed-worker.ts';

const root = join(import.meta.dirname, '..');
const packages = join(root, 'packages');

/** A path that users import, from `publishConfig`. */
export interface SubPath {
  /** `@pawl/core/host` */
  readonly name: string;
  /** The files behind the path. */
  readonly code: string;
  readonly declarations: string;
}

/** Builds every package in its folder, as it is published. */
export async function build(): Promise<void> {
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', join(root, 'tsconfig.packages.json')]);
  await bundleCore(join(packages, 'core', 'bundle'));
  await embedWorker();
  await bundlePage();
}

/** Lists the sub-paths of all packages. */
export function listSubPaths(): readonly SubPath[] {
  return readdirSync(packages).flatMap((folder) => {
    const manifest: Manifest = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
    const { exports } = manifest.publishConfig;
    return Object.entries(exports).flatMap(([path, target]) => {
      if (typeof target === 'string') return [];
      const [code, declarations] = [target.default, target.types].map((file) => join(packages, folder, file));
      return [{ name: `${manifest.name}${path.slice(1)}`, code: String(code), declarations: String(declarations) }];
    });
  });
}

interface Manifest {
  readonly name: string;
  readonly publishConfig: {
    readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  };
}
