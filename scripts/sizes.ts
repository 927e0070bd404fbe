// Prints the bundle sizes of the entry points of the packages, minified and gzipped, with their dependencies except zod and undici. undici is
// loaded with the first request, on Node.
//   node scripts/sizes.ts      after npm run build
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { build, listSubPaths, type SubPath } from './published.ts';

/** The bundle of a sub-path, or of some of its exports. */
export interface BundleResult {
  readonly name: string;
  /** Thousands of bytes, minified and gzipped, all chunks together. */
  readonly size: number;
  readonly minified: number;
  /** The files in the bundle, and what it imports from outside. */
  readonly modules: readonly string[];
}

/** Measures what applications bundle. `@pawl/testing` and `@pawl/dbos` run on Node only, from `node_modules`. */
export async function measureSizes(): Promise<readonly BundleResult[]> {
  const paths = listSubPaths().filter(({ name }) => /^@pawl\/(ai-sdk|core|otel|responses|serve|tools)/.test(name));
  const sources = paths.flatMap(({ name, code }) => [
    { name, source: `export * from ${JSON.stringify(code)};` },
    ...(name === '@pawl/core' ? PARTS.map((part) => classifyPart(part, code)) : []),
  ]);
  const measured: BundleResult[] = [];
  for (const one of sources) measured.push(await bundleEntry(one));
  return measured;
}

/** Sets of exports whose bundles are measured on their own. */
const PARTS: readonly (readonly string[])[] = [['tool'], ['openai'], ['Agent', 'openai', 'tool']];

function classifyPart(names: readonly string[], code: SubPath['code']): Source {
  return {
    name: `{ ${names.join(', ')} } of @pawl/core`,
    source: `export { ${names.join(', ')} } from ${JSON.stringify(code)};`,
  };
}

interface Source {
  readonly name: string;
  readonly source: string;
}

/** Bundles an entry for Node, minified, with its dependencies except zod and undici. */
export async function bundleEntry({ name, source }: Source): Promise<BundleResult> {
  const entry = join(import.meta.dirname, 'entry.js');
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: [/^zod(\/|$)/, /^node:/, 'undici'],
    plugins: [
      {
        name: 'entry',
        load: (id) => (id === entry ? { code: source, moduleSideEffects: true } : undefined),
        resolveId: (id) => ({ [entry]: entry, '#transport': TRANSPORT })[id],
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = output.filter((one) => one.type === 'chunk');
  const modules = chunks.flatMap((chunk) => [
    ...Object.entries(chunk.modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])),
    ...chunk.imports,
  ]);
  return {
    name,
    size: formatKilobytes(chunks.map(({ code }) => gzipSync(code, { level: 9 }).length)),
    minified: formatKilobytes(chunks.map(({ code }) => code.length)),
    modules,
  };
}

/** The built transport. In the workspace, package.json names the sources, which would add a second copy of shared files. */
const TRANSPORT = join(import.meta.dirname, '..', 'packages', 'core', 'bundle', 'transport-node.js');

function formatKilobytes(bytes: readonly number[]): number {
  return Math.round(bytes.reduce((sum, each) => sum + each, 0) / 100) / 10;
}

if (import.meta.main) {
  await build();
  console.log('| | minified, KB | and gzipped, KB |\n|---|--:|--:|');
  for (const { name, minified, size } of await measureSizes()) console.log(`| \`${name}\` | ${minified} | ${size} |`);
}
