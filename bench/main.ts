// npm run bench            every bench
// npm run bench -- wire 3  one of them, with its arguments
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BENCHES = ['heap', 'wire', 'durable', 'dbos'];
const [only, ...args] = process.argv.slice(2);
if (only !== undefined && !BENCHES.includes(only)) {
  console.error(`There is no bench "${only}". There are: ${BENCHES.join(', ')}.`);
  process.exit(1);
}
for (const name of only === undefined ? BENCHES : [only]) {
  const file = join(import.meta.dirname, `${name}.ts`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', file, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
