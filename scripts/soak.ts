// npm run soak             every soak, two minutes each
// npm run soak -- sqlite 600   one of them, for so many seconds
// Load and faults at random, for longer than tests may take. To be run before an issue is closed; fails where a promise is broken.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** By name: what each does is told at the head of its file. */
const SOAKS = new Map([
  ['sqlite', 'test/soak/sqlite.ts'],
  ['postgres', 'test/soak/postgres.ts'],
]);

const [name, seconds = '120'] = process.argv.slice(2);
if (name !== undefined && !SOAKS.has(name)) {
  console.error(`There is no soak "${name}". There are: ${[...SOAKS.keys()].join(', ')}.`);
  process.exit(1);
}
for (const [each, file] of SOAKS) {
  if (name !== undefined && name !== each) continue;
  console.log(`${each}: ${seconds} seconds`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, '..', file), seconds], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
