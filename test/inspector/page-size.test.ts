import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildPage } from '../../packages/inspector/src/page-files.ts';

test('the page has at most 60 KB compressed, only Preact and signals beside its own files, and no address of another machine', async () => {
  const { files, modules } = await buildPage();

  const bytes = Object.values(files).map((text) => gzipSync(text, { level: 9 }).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(60_000);
  const packages = modules.flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1] ?? [],
  );
  expect([...new Set(packages)].sort()).toEqual(['@preact/signals', '@preact/signals-core', 'preact']);
  const addresses =
    Object.values(files)
      .join('\n')
      .match(/\bhttps?:\/\/[\w.-]+/g) ?? [];
  // Namespaces of elements are names, not addresses.
  expect(addresses.filter((address) => !address.endsWith('//www.w3.org'))).toEqual([]);
  expect(files.html).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\son\w+=/);
});
