// npm run soak             every soak, two minutes each
// npm run soak -- sqlite 600   one of them, for so many seconds
// Applies load and random faults for longer than tests may take. Run it before an issue is closed; it fails if a guarantee is broken.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** By name. The first lines of each file describe it. */
const SOAKS = new Map([
  ['sqlite', 'test/soak/sqlite.ts'],
  ['postgres', 'test/soak/postgres.ts'],
  ['serve', 'test/soak/serve.ts'],
]);

const [name, seconds = '120'] = process.argv.slice(2);
if (name !== undefined && !SOAKS.has(name)) {
  console.error(`Unknown soak "${name}". Pass one of: ${[...SOAKS.keys()].join(', ')}.`);
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
