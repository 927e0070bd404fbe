// npm run bench              compares Pawl with loops written by hand: its options are in compare.ts
// npm run bench -- profile   runs another bench of the list below, with its arguments
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Files by name. The head of each file says what it measures. */
const BENCHES = new Map([
  ['compare', 'compare.ts'],
  ['profile', 'profile.ts'],
  ['scale', 'scale.ts'],
  ['steps', 'steps.ts'],
  ['dbos', 'dbos.ts'],
  ['ended-runs', 'ended-runs.ts'],
  ['workers', 'workers.ts'],
  ['faults', 'faults.ts'],
  ['mcp-faults', 'mcp-faults.ts'],
  ['otel', 'otel.ts'],
  ['serve', 'serve.ts'],
  ['inspector', 'inspector.ts'],
  ['ai-sdk', 'ai-sdk.ts'],
  ['command', 'command.ts'],
]);
const DEFAULT = 'compare';

const [first = DEFAULT, ...rest] = process.argv.slice(2);
const [name, args] = first.startsWith('-') ? [DEFAULT, [first, ...rest]] : [first, rest];
const file = BENCHES.get(name);
if (file === undefined) {
  console.error(`There is no bench "${name}". Use one of: ${[...BENCHES.keys()].join(', ')}.`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ['--expose-gc', join(import.meta.dirname, file), ...args], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
