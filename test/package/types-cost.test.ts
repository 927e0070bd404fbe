import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** What the compiler counts for one of the projects in test/types/cost. */
function instantiations(project: string): number {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const path = join(root, 'test', 'types', 'cost', `tsconfig.${project}.json`);
  const output = execFileSync(tsc, ['-p', path, '--extendedDiagnostics'], { encoding: 'utf8' });
  return Number(/Instantiations:\s+(\d+)/.exec(output)?.[1]);
}

test('forty zod tools in one agent cost the compiler at most half as much again as the types of their schemas', () => {
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', join(root, 'packages', 'core')]);
  const schemas = instantiations('inferred');
  expect(schemas).toBeGreaterThan(1_000);
  expect(instantiations('tools') / schemas).toBeLessThan(1.5);
}, 60_000);
