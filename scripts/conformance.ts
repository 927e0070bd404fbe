// npm run conformance          every property with twenty times as many examples
// npm run conformance -- 100   a hundred times as many
// Runs the conformance suite on each host, the invariants, the recorded responses, and the properties of reading, writing and schemas, with
// more examples than `npm test` has time for, and cuts the streams of @pawl/serve and of the providers of @pawl/ai-sdk, and splits those of
// @pawl/responses, at every byte.
// Then the conformance suite of MCP on @pawl/mcp, as `node scripts/mcp-conformance.ts` does. Run it before an issue is closed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SUITES = [
  'test/invariants',
  'test/chat',
  'test/schema',
  'test/durable/conformance',
  'test/dbos/conformance',
  'test/serve/cut-streams',
  'test/serve/ui-cuts',
  'test/serve/responses-cuts',
  'test/ai-sdk/cut-streams',
  'test/responses/reading',
];

const [times = '20', ...rest] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(times) || rest.length > 0) {
  console.error(
    `Unexpected arguments: ${[times, ...rest].join(' ')}. Pass a factor for the number of examples: npm run conformance -- 100.`,
  );
  process.exit(1);
}
const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const options = ['--project', 'unit', '--testTimeout', '3600000'];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...options, ...SUITES], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, SOAK: times },
});
const mcp = spawnSync(process.execPath, [join(root, 'scripts', 'mcp-conformance.ts')], { cwd: root, stdio: 'inherit' });
process.exitCode = status === 0 ? (mcp.status ?? 1) : (status ?? 1);
