import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOutput, run } from '../scripts/run.ts';
import { app } from './prepare.ts';
import type { Addresses, Transport } from './suite/suite.ts';

export interface Runtime {
  readonly name: string;
  readonly transports: readonly Transport[];
  /** Runs the suite, and returns its output. */
  run(addresses: Addresses, signal: AbortSignal): Promise<string>;
}

const modules = join(app, 'node_modules');
const isArm = process.arch === 'arm64';

/** Each runtime is the binary of an npm package, started without this process's environment. */
export const runtimes: readonly Runtime[] = [
  createNode('22'),
  createNode('24'),
  createNode('26'),
  createProgram('bun', `@oven/bun-linux-${isArm ? 'aarch64' : 'x64'}/bin/bun`, []),
  // Permission for the servers only: neither for files nor for the environment.
  createProgram('deno', `@deno/linux-${process.arch}-glibc/deno`, [
    'run',
    '--no-prompt',
    '--no-lock',
    '--no-remote',
    '--node-modules-dir=manual',
    '--allow-net=127.0.0.1',
  ]),
  { name: 'workerd', transports: ['platform'], run: runWorker },
];

function createNode(major: string): Runtime {
  return createProgram(`node-${major}`, `node-${major}-linux-${process.arch}/bin/node`, ['--no-warnings']);
}

function createProgram(name: string, path: string, args: readonly string[]): Runtime {
  return {
    name,
    transports: ['platform', 'fetch'],
    run: (addresses, signal) =>
      runInScratch(async (scratch) => {
        const env = { HOME: scratch, DENO_DIR: scratch, DENO_NO_UPDATE_CHECK: '1' };
        const programArgs = [...args, join(app, 'suite', 'process.ts'), JSON.stringify(addresses)];
        return (await readOutput(findBinary(path), programArgs, { cwd: app, env, signal })).text;
      }),
  };
}

async function runWorker(addresses: Addresses, signal: AbortSignal): Promise<string> {
  const workerd = findBinary(`@cloudflare/workerd-linux-${isArm ? 'arm64' : '64'}/bin/workerd`);
  return runInScratch(async (scratch) => {
    const options = { cwd: scratch, env: {}, signal };
    const bundleArgs = [
      join(app, 'suite', 'worker.ts'),
      '--bundle',
      '--format=esm',
      '--platform=neutral',
      '--target=es2023',
      '--conditions=workerd,worker',
      '--main-fields=module,main',
      '--external:node:async_hooks',
      `--outfile=${join(scratch, 'worker.js')}`,
      '--log-level=warning',
    ];
    await run(findBinary(`@esbuild/linux-${process.arch}/bin/esbuild`), bundleArgs, options);
    writeFileSync(join(scratch, 'config.capnp'), CONFIG);
    writeFileSync(join(scratch, 'addresses.json'), JSON.stringify(addresses));
    return (await readOutput(workerd, ['test', 'config.capnp'], options)).text;
  });
}

/** Allows connections to loopback, which workerd denies by default. `nodejs_compat` is off; `nodejs_als` has `AsyncLocalStorage` alone. */
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "suite", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-06-01",
      compatibilityFlags = ["nodejs_als"],
      bindings = [(name = "ADDRESSES", text = embed "addresses.json")],
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
);
`;

function findBinary(path: string): string {
  const found = join(modules, path);
  if (existsSync(found)) return found;
  throw new Error(`${path} is missing: there is no package for ${process.platform} on ${process.arch}.`);
}

async function runInScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'pawl-runtime-'));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
