import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.ts';
import { createProject, installDependencies } from './project.ts';

const BUNDLERS = { esbuild: '0.28.2', vite: '8.3.8', webpack: '5.113.0' };

/** The bundles of make-bundle.mjs, and the transport of each: ES modules of esbuild cannot require Node's modules. */
const TRANSPORTS = { esm: 'fetch', cjs: 'undici', vite: 'undici', webpack: 'undici' };

const NOT_LOADED = 'pawl: undici could not be loaded';

export interface BundlesOptions {
  /** The folder for the projects. */
  readonly folder: string;
  /** The packed packages. */
  readonly packages: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Checks that every tool, an agent and a host work in a standalone bundle of each bundler. Requests use undici if the bundle can load it, and
 * stacks lead to the sources of core.
 */
export async function tryBundles({ folder, packages, signal }: BundlesOptions): Promise<void> {
  const project = createProject(join(folder, 'bundles'), {
    dependencies: { ...packages, ...BUNDLERS },
    files: ['bundled-app.mjs', 'make-bundle.mjs'],
    signal,
  });
  await installDependencies(project);
  for (const [way, transport] of Object.entries(TRANSPORTS)) {
    // Outside the project, so that the bundle does not find installed packages.
    const cwd = join(folder, `bundle-${way}`);
    mkdirSync(cwd);
    await run(process.execPath, ['make-bundle.mjs', way, cwd], project);
    const app = readdirSync(cwd).find((name) => /^app\.[cm]js$/.test(name));
    const env = { ...project.env, PAWL_DEBUG: '1' };
    const output = await run(process.execPath, ['--enable-source-maps', String(app)], { ...project, cwd, env });
    if (!output.includes('bundled ')) throw new Error(`The bundle by "${way}" printed no result: ${output}`);
    if (!output.includes(`requests by ${transport}`) || output.includes(NOT_LOADED) !== (transport === 'fetch')) {
      throw new Error(`The bundle by "${way}" does not send requests by ${transport}, or does not say so:\n${output}`);
    }
    if (/^(esm|cjs)$/.test(way) && !/src\/tool\/tool\.ts:\d+/.test(output)) {
      throw new Error(`A stack in the bundle by "${way}" does not lead to the sources:\n${output}`);
    }
  }
}
