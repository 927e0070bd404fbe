import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of the page. */
export interface PageFiles {
  readonly html: string;
  readonly js: string;
  readonly css: string;
}

/**
 * Returns the files of the page. In the workspace they are built from the sources, once per process; the published package has a module with
 * the built files in place of this one: see `scripts/bundle-page.ts`.
 */
export function readPage(): Promise<PageFiles> {
  built ??= buildPage().then(({ files }) => files);
  return built;
}

let built: Promise<PageFiles> | undefined;

/** Builds the page, and lists the modules that are in it. */
export async function buildPage(): Promise<{ readonly files: PageFiles; readonly modules: readonly string[] }> {
  const folder = join(import.meta.dirname, 'page');
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(folder, 'main.tsx'),
    platform: 'browser',
    transform: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false });
  await bundle.close();
  const [chunk] = output;
  const styles = readdirSync(folder).filter((name) => name.endsWith('.css'));
  const css = styles.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  return { files: { html, js: chunk.code, css: css.join('\n') }, modules: chunk.moduleIds };
}
