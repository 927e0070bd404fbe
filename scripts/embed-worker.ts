// Writes the code of the worker that converts pages into the built package, in place of the module that names its file: see
// packages/tools/src/fetch-page/convert-worker-source.ts. Writes the licenses of the bundled packages next to it.
//   node scripts/embed-worker.ts      after tsc -b packages/tools
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinModules } from './child-texts.ts';

const tools = join(import.meta.dirname, '..', 'packages', 'tools');

/** Builds the code of the worker as a text. */
export async function buildConvertWorker(): Promise<string> {
  return (await joinWorker()).text;
}

export async function embedWorker(): Promise<void> {
  const { text, files } = await joinWorker();
  const folder = join(tools, 'dist', 'fetch-page');
  writeFileSync(
    join(folder, 'convert-worker-source.js'),
    `export const convertWorker = { text: ${JSON.stringify(text)} };\n`,
  );
  rmSync(join(folder, 'convert-worker-source.js.map'), { force: true }); // The map belongs to the replaced module.
  writeFileSync(join(folder, 'convert-worker-source.licenses.txt'), listLicenses('convert-worker-source.js', files));
}

function joinWorker(): ReturnType<typeof joinModules> {
  return joinModules(join(tools, 'src', 'fetch-page', 'convert-worker.ts'), { format: 'cjs', isMinified: true });
}

/** Lists the licenses of the packages whose files are in a built module. */
export function listLicenses(module: string, files: readonly string[]): string {
  const folders = files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []);
  const texts = [...new Set(folders)].sort().map(readLicense);
  return `${module} contains, minified:\n\n${texts.join('\n\n')}\n`;
}

function readLicense(folder: string): string {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license, author } = manifest;
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const holder = typeof author === 'string' ? author : author?.name;
  const text = file === undefined ? STANDARD[license]?.(holder ?? name) : readFileSync(join(folder, file), 'utf8');
  if (text === undefined)
    throw new Error(
      `${name} has no license file, and its license "${license}" has no standard text here. Add the text to STANDARD.`,
    );
  return `${name} ${version} (${license})\n\n${text.trim()}`;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
}

/** License texts for packages that name a license without including its text. */
const STANDARD: Readonly<Record<string, (holder: string) => string>> = {
  MIT: (holder) => `Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
  ISC: (holder) => `Copyright (c) ${holder}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`,
};

if (import.meta.main) await embedWorker();
