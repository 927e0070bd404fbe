import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** What the compiler counts for one of the projects of this folder, on core as it is built. */
export function countInstantiations(project: 'inferred' | 'tools'): number {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const path = join(import.meta.dirname, `tsconfig.${project}.json`);
  const output = execFileSync(tsc, ['-p', path, '--extendedDiagnostics'], { encoding: 'utf8' });
  return Number(/Instantiations:\s+(\d+)/.exec(output)?.[1]);
}
