import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOutput, run } from '../scripts/run.ts';
import { app } from './prepare.ts';
import type { Addresses, Sending } from './suite/suite.ts';

export interface Runtime {
  readonly name: string;
  readonly sendings: readonly Sending[];
  /** What the suite prints there. */
  run(addresses: Addresses, signal: AbortSignal): Promise<string>;
}

const modules = join(app, 'node_modules');
const isArm = process.arch === 'arm64';

/** Each is the binary of an npm package, started without anything of this process's environment. */
export const runtimes: readonly Runtime[] = [
  node('22'),
  node('24'),
  node('26'),
  program('bun', `@oven/bun-linux-${isArm ? 'aarch64' : 'x64'}/bin/bun`, []),
  // No rights but to reach the servers: neither files nor the environment.
  program('deno', `@deno/linux-${process.arch}-glibc/deno`, [
    'run',
    '--no-prompt',
    '--no-lock',
    '--no-remote',
    '--node-modules-dir=manual',
    '--allow-net=127.0.0.1',
  ]),
  { name: 'workerd', sendings: ['platform'], run: runWorker },
];

function node(major: string): Runtime {
  return program(`node-${major}`, `node-${major}-linux-${process.arch}/bin/node`, ['--no-warnings']);
}

function program(name: string, path: string, args: readonly string[]): Runtime {
  return {
    name,
    sendings: ['platform', 'fetch'],
    run: (addresses, signal) =>
      inScratch(async (scratch) => {
        const env = { HOME: scratch, DENO_DIR: scratch, DENO_NO_UPDATE_CHECK: '1' };
        const given = [...args, join(app, 'suite', 'process.ts'), JSON.stringify(addresses)];
        return (await readOutput(binary(path), given, { cwd: app, env, signal })).text;
      }),
  };
}

async function runWorker(addresses: Addresses, signal: AbortSignal): Promise<string> {
  const workerd = binary(`@cloudflare/workerd-linux-${isArm ? 'arm64' : '64'}/bin/workerd`);
  return inScratch(async (scratch) => {
    const options = { cwd: scratch, env: {}, signal };
    const bundled = [
      join(app, 'suite', 'worker.ts'),
      '--bundle',
      '--format=esm',
      '--platform=neutral',
      '--target=es2023',
      '--conditions=workerd,worker',
      '--main-fields=module,main',
      `--outfile=${join(scratch, 'worker.js')}`,
      '--log-level=warning',
    ];
    await run(binary(`@esbuild/linux-${process.arch}/bin/esbuild`), bundled, options);
    writeFileSync(join(scratch, 'config.capnp'), CONFIG);
    writeFileSync(join(scratch, 'addresses.json'), JSON.stringify(addresses));
    return (await readOutput(workerd, ['test', 'config.capnp'], options)).text;
  });
}

/** Loopback is open to it, which it is not by default, and no `nodejs_compat`. */
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "suite", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-06-01",
      bindings = [(name = "ADDRESSES", text = embed "addresses.json")],
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
);
`;

function binary(path: string): string {
  const found = join(modules, path);
  if (existsSync(found)) return found;
  throw new Error(`${path} is not there: it has no package for ${process.platform} on ${process.arch}.`);
}

async function inScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'pawl-runtime-'));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
