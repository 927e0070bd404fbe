import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';

export interface ProgramBundle {
  /** The path of the bundle. */
  readonly path: string;
  remove(): void;
}

/** Bundles a program into one file, which starts four times as fast: for tests that start a hundred processes. */
export async function bundleProgram(program: string): Promise<ProgramBundle> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-program-'));
  const path = join(folder, `${basename(program, '.ts')}.mjs`);
  const bundle = await rolldown({ input: program, platform: 'node' });
  await bundle.write({ file: path, format: 'esm', codeSplitting: false });
  await bundle.close();
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}
