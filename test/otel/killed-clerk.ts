import { sqliteHost } from '@pawl/core/sqlite';
import { createClerk } from './clerk.ts';
import { exportUntilKilled } from './export-until-killed.ts';

/** Runs the clerk until it waits for the approval, approves, and kills itself in the payment: `node killed-clerk.ts FILE URL`. */
const [file = '', url = ''] = process.argv.slice(2);

const { instrumentation, sendAndKill: onPay } = exportUntilKilled(url);
const clerk = createClerk({ instrumentation, onPay });
const host = sqliteHost(file);
const outcome = await clerk.run('Pay the bill.', { host, runId: 'run' }).outcome();
if (outcome.status !== 'suspended') throw new Error(`The run is ${outcome.status}.`);
for (const { id, fingerprint } of outcome.pending) await host.answer('run', id, { type: 'approve', fingerprint });
await clerk.resume('run', { host });
