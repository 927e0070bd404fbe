// Run by scripts/installs/bundles.ts in an empty project that has the packed packages and three bundlers: makes one bundle of
// bundled-app.mjs that needs nothing beside it, by the bundler that is named, and fails where that warns.
//   node make-bundle.mjs esm|cjs|vite|webpack FOLDER
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import webpack from 'webpack';

const [, , how = '', outdir = ''] = process.argv;
const entry = `${import.meta.dirname}/bundled-app.mjs`;

/** @type {Readonly<Record<string, () => Promise<readonly unknown[]>>>} */
const builds = {
  esm: () => byEsbuild('esm', '.mjs'),
  cjs: () => byEsbuild('cjs', '.cjs'),
  async vite() {
    /** @type {unknown[]} */
    const warnings = [];
    await vite({
      configFile: false,
      logLevel: 'silent',
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        outDir: outdir,
        rollupOptions: { output: { entryFileNames: 'app.mjs' }, onwarn: (warning) => warnings.push(warning) },
      },
    });
    return warnings;
  },
  async webpack() {
    const compiler = webpack({
      entry,
      target: 'node22',
      mode: 'production',
      output: { path: outdir, filename: 'app.cjs' },
      optimization: { minimize: false }, // It takes half a minute, and esbuild does it as well.
    });
    /** @type {import('webpack').Stats | undefined} */
    const stats = await new Promise((resolve, reject) => {
      compiler?.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    const { errors = [], warnings = [] } = stats?.toJson() ?? {};
    return [...errors, ...warnings];
  },
};

/** @param {'esm' | 'cjs'} format @param {string} extension */
async function byEsbuild(format, extension) {
  const { warnings } = await esbuild({
    entryPoints: { app: entry },
    outdir,
    outExtension: { '.js': extension },
    bundle: true,
    platform: 'node',
    format,
    minify: true,
    sourcemap: true,
    logLevel: 'silent',
  });
  return warnings;
}

const warnings = await builds[how]?.();
for (const warning of warnings ?? []) console.error(warning);
process.exitCode = warnings?.length === 0 ? 0 : 1;
