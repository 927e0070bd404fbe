import { spawnSync } from 'node:child_process';
import { createEnvironment } from './child.ts';
import { type ContestantEntry, readImports, selectPackages } from './contestants.ts';
import type { MeasuredRows } from './rows.ts';

/** Measures ms of wall time of the imports in a new process, with files in the page cache. The loop over `fetch` imports zod alone. */
export function measureStart(entries: readonly ContestantEntry[], repeats: number): MeasuredRows {
  const jobs = selectPackages(entries).map((entry) => {
    const imports = readImports(entry).map((each) => `await import(${JSON.stringify(each)});`);
    const script = `const at = performance.now(); ${imports.join(' ')} console.log(performance.now() - at); process.exit()`;
    return { ...entry, script, ms: [] as number[] };
  });
  // The first repeat fills the page cache.
  for (let repeat = 0; repeat <= repeats; repeat++) {
    for (const { folder, script, ms } of jobs) {
      const took = measureImport(folder, script);
      if (repeat > 0) ms.push(took);
    }
  }
  return { start: Object.fromEntries(jobs.map(({ name, ms }) => [name, ms])) };
}

function measureImport(folder: string, script: string): number {
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, env: createEnvironment(), encoding: 'utf8' });
  return Number(stdout.trim().split('\n').at(-1) || Number.NaN);
}
