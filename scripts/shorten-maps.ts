// Shortens the source maps in a folder:
//   node scripts/shorten-maps.ts FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode } from '@jridgewell/sourcemap-codec';

/** Drops the columns of a source map: a stack trace and a breakpoint need lines, and columns make up three quarters of the mappings. */
export function shortenMap(file: string): void {
  const map: { readonly mappings: string } = JSON.parse(readFileSync(file, 'utf8'));
  const lines = decode(map.mappings).map((segments) =>
    segments.filter(([, source, line], at) => source !== segments[at - 1]?.[1] || line !== segments[at - 1]?.[2]),
  );
  writeFileSync(file, JSON.stringify({ ...map, mappings: encode(lines) }));
}

if (import.meta.main) {
  const [, , folder] = process.argv;
  if (folder === undefined) throw new Error('Pass the folder: node scripts/shorten-maps.ts FOLDER.');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.js.map')) shortenMap(join(folder, path));
  }
}
