import { HttpProblem } from '@pawl/serve/access';
import { expect, test } from 'vitest';
import { importPeer } from './import-peer.ts';

function failImport(message: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' }));
}

test('names the package that is not installed, and how to install it', async () => {
  const error: unknown = await importPeer(() => failImport("Cannot find package '@pawl/testing'")).catch(
    (thrown: unknown) => thrown,
  );
  expect(HttpProblem.isInstance(error) && error.status).toBe(501);
  expect(String(error)).toContain('npm install --save-dev @pawl/testing');
});

test('passes other errors on', async () => {
  await expect(importPeer(() => failImport("Cannot find package 'other'"))).rejects.toThrow("'other'");
});
