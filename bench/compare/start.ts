import { spawnSync } from 'node:child_process';
import { environment } from './child.ts';
import { type Entry, importsOf, packagesOf } from './contestants.ts';
import type { Measured } from './rows.ts';

/** ms of wall time that the imports take in a new process, the files in the page cache; that of zod alone is `fetch`'s. */
export function measureStart(entries: readonly Entry[], repeats: number): Measured {
  const jobs = packagesOf(entries).map((entry) => {
    const imports = importsOf(entry).map((each) => `await import(${JSON.stringify(each)});`);
    const script = `const at = performance.now(); ${imports.join(' ')} console.log(performance.now() - at); process.exit()`;
    return { ...entry, script, ms: [] as number[] };
  });
  // The first one fills the page cache.
  for (let repeat = 0; repeat <= repeats; repeat++) {
    for (const { folder, script, ms } of jobs) {
      const took = importedIn(folder, script);
      if (repeat > 0) ms.push(took);
    }
  }
  return { start: Object.fromEntries(jobs.map(({ name, ms }) => [name, ms])) };
}

function importedIn(folder: string, script: string): number {
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, env: environment(), encoding: 'utf8' });
  return Number(stdout.trim().split('\n').at(-1) || Number.NaN);
}
