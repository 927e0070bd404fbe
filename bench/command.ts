// Measures how long `pawl --help` takes to start and end, as packed, beside `node -e 0`: npm run bench -- command
// The limit is twice the time of `node -e 0`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findLowerQuartile } from './find-lower-quartile.ts';

const ROUNDS = 30;
const root = join(import.meta.dirname, '..');
const bin = join(root, 'packages', 'cli', 'dist', 'bin.js');

const { status } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', 'tsconfig.packages.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

const commands = { 'node -e 0': ['-e', '0'], 'pawl --help': [bin, '--help'] };
const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
// In turns: what disturbs the machine disturbs both. The first round fills the compile cache.
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, argv] of Object.entries(commands)) {
    const before = performance.now();
    spawnSync(process.execPath, argv, { stdio: 'ignore' });
    if (round > 0) times.get(name)?.push(performance.now() - before);
  }
}
const [node = 1, help = 1] = [...times.values()].map(findLowerQuartile);
for (const [name, values] of times) console.log(`${name.padEnd(12)} ${findLowerQuartile(values).toFixed(1)} ms`);
console.log(`ratio        ${(help / node).toFixed(2)}`);
if (help > 2 * node) process.exitCode = 1;
