import { writeSync } from 'node:fs';
import { HostError } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createSleeper } from './sleeper-agent.ts';

/**
 * Runs an agent whose first call lasts until input arrives: `node sleeper.ts <file> <journal>`. Meanwhile the test stops the process. With
 * `blocked`, the process blocks its event loop for longer than its lease during the call, and then calls `resumeAll`. Prints how the run ended.
 */
const [file = '', journal = '', how] = process.argv.slice(2);
const LEASE_MS = 300;

const host = sqliteHost(file, { leaseMs: LEASE_MS });
const looked = Promise.withResolvers<void>();
const agent = createSleeper(journal, looked.promise);
const run = agent.run('Go.', { host, runId: 'run' });
const outcome = run.outcome().catch((error: unknown) => {
  if (!HostError.isInstance(error)) throw error;
  return { status: error.code };
});
await new Promise((resolve) => run.on('tool.started', resolve));
if (how === 'blocked') {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * LEASE_MS);
  writeSync(1, `${(await host.resumeAll([agent])).length} resumed, `);
  looked.resolve();
}
process.stdin.once('data', () => looked.resolve());
writeSync(1, (await outcome).status);
process.stdin.destroy();
await host.close();
