// Writes the built page of the inspector into the built package, in place of the module that builds it: packages/inspector/src/page-files.ts.
// Writes the licenses of the bundled packages next to it.
//   node scripts/bundle-page.ts      after tsc -b packages/inspector
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from '../packages/inspector/src/page-files.ts';
import { listLicenses } from './embed-worker.ts';

const dist = join(import.meta.dirname, '..', 'packages', 'inspector', 'dist');

export async function bundlePage(): Promise<void> {
  const { files, modules } = await buildPage();
  const code = `const files = ${JSON.stringify(files)};\nexport const readPage = async () => files;\n`;
  writeFileSync(join(dist, 'page-files.js'), code);
  rmSync(join(dist, 'page-files.js.map'), { force: true }); // The map belongs to the replaced module.
  writeFileSync(join(dist, 'page-files.licenses.txt'), listLicenses('page-files.js', modules));
}

if (import.meta.main) await bundlePage();
