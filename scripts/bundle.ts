// Writes packages/core/bundle, which is what is published of core: what tsc made of it, joined to a few files. Each costs
// some 1 % of what zod takes to import, and a block of the disk. Not minified: it is read by debuggers. Beside each file lies its source map,
// with the sources in it: as files of their own, they would take half as much again of the disk.
//   node scripts/bundle.ts      after tsc -b tsconfig.packages.json
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type InputOptions, type OutputChunk, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { shortenMap } from './shorten-maps.ts';

const core = join(import.meta.dirname, '..', 'packages', 'core');

/** The files that package.json's `exports` name, by what they are made of. */
const ENTRIES = {
  index: 'index',
  chat: 'chat',
  events: 'events',
  flow: 'flow',
  host: 'host',
  instrumentation: 'instrumentation',
  middleware: 'middleware',
  model: 'model',
  prices: 'openai/prices',
  sqlite: 'sqlite/sqlite',
  'wire-log': 'wire-log',
  zod3: 'schema/zod3',
};

/** Those that its `imports` name. They share what has an identity, such as the classes of errors, with the others. */
const TRANSPORTS = {
  'transport-node': 'openai/transport/create-undici-transport',
  'transport-global': 'openai/transport/create-fetch-transport',
};

const ALL: Readonly<Record<string, string>> = { ...ENTRIES, ...TRANSPORTS };

/** Gives what was written, code and declarations. */
export async function bundleCore(folder: string): Promise<readonly OutputChunk[]> {
  rmSync(folder, { recursive: true, force: true });
  const code = await write(
    { input: listInputs(ALL, '.js'), preserveEntrySignatures: 'allow-extension', plugins: [sourceMaps] },
    {
      dir: folder,
      sourcemap: true,
      // The maps have the sources, and these their comments.
      comments: { legal: false, annotation: true, jsdoc: false },
      codeSplitting: { groups: [{ debugName: 'files', name: chooseFile }], includeDependenciesRecursively: false },
    },
  );
  for (const { fileName, map } of code) if (map !== null) shortenMap(join(folder, `${fileName}.map`));
  // Each export of core has its type written beside it, so that no compiler is needed here.
  const plugins = dts({ dtsInput: true, oxc: true, tsconfig: false });
  return [...code, ...(await write({ input: listInputs(ENTRIES, '.d.ts'), plugins }, { dir: folder }))];
}

/** Reads the maps that tsc wrote, so that those of the bundle lead to TypeScript. */
const sourceMaps: Plugin = {
  name: 'source-maps',
  load(id) {
    if (!id.endsWith('.js')) return null;
    return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') };
  },
};

async function write(input: InputOptions, output: OutputOptions): Promise<readonly OutputChunk[]> {
  const bundle = await rolldown({ ...input, cwd: core, platform: 'neutral', external: isExternal });
  const written = await bundle.write({ ...output, format: 'esm', chunkFileNames: '[name].js' });
  await bundle.close();
  return written.output.filter((one) => one.type === 'chunk');
}

function listInputs(entries: Readonly<Record<string, string>>, extension: string): Readonly<Record<string, string>> {
  const paths = Object.entries(entries).map(([name, path]) => [name, join(core, 'dist', `${path}${extension}`)]);
  return Object.fromEntries(paths);
}

/**
 * Three files, each for those who need no more: tools, hosts and transports; who asks models; who runs agents. Entries stay
 * apart, with what only they need.
 */
function chooseFile(path: string): string | null {
  const [, name] = /\/dist\/(.*)\.js$/.exec(path) ?? [];
  if (
    name === undefined ||
    /^(sqlite|middleware|flow)\/|^host\/(memory-wire-log|wire-body-store)$|^openai\/transport\/(?!fetch-transport|transport$)/.test(
      name,
    ) ||
    Object.values(ALL).includes(name)
  )
    return null;
  if (BASE.test(name)) return 'base';
  return /^(chat|model|openai)\//.test(name) ? 'client' : 'agent'; // `model` is an entry.
}

const BASE =
  /^((base|schema|tool|host)\/.*|event\/(error-data|step-name|check-listeners|describe-for-model|limit-options|report-failure|usage)|chat\/(errors|message|history|kept-parts|read-input|custom-as-function)|openai\/(proxy-url|transport\/(transport|fetch-transport))|perform\/(instrument-mcp-call|run-hook))$/;

/** What package.json names stays outside. */
function isExternal(id: string): boolean {
  return /^(#|node:)/.test(id) || dependencies.some((name) => id === name || id.startsWith(`${name}/`));
}

const manifest: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = JSON.parse(
  readFileSync(join(core, 'package.json'), 'utf8'),
);
const dependencies = Object.keys({ ...manifest['dependencies'], ...manifest['peerDependencies'] });

if (import.meta.main) await bundleCore(join(core, 'bundle'));
