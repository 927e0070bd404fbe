import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** Counts the type instantiations of a project of this folder, with the built core. */
export function countInstantiations(project: 'inferred' | 'tools'): number {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const path = join(import.meta.dirname, `tsconfig.${project}.json`);
  const output = execFileSync(tsc, ['-p', path, '--extendedDiagnostics'], { encoding: 'utf8' });
  return Number(/Instantiations:\s+(\d+)/.exec(output)?.[1]);
}
