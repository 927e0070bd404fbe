import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countInstantiations } from '../types/cost/instantiations.ts';

const root = join(import.meta.dirname, '..', '..');

test('forty zod tools in one agent cost the compiler at most 1.3 times as much as their schemas', () => {
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', join(root, 'packages', 'core')]);
  const schemas = countInstantiations('inferred');
  expect(schemas).toBeGreaterThan(1_000);
  expect(countInstantiations('tools') / schemas).toBeLessThan(1.3);
});
