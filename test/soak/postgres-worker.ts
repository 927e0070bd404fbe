import { writeSync } from 'node:fs';
import type { Run } from '@pawl/core';
import { dbosHost } from '@pawl/dbos';
import { createSoakAgent } from './agent.ts';

/** A worker: `node postgres-worker.ts <url> <journal> <executorId>`. Retries if the database is unreachable at the start. */
const [url = '', journal = '', executorId = ''] = process.argv.slice(2);

async function open(): Promise<void> {
  for (;;) {
    try {
      await dbosHost<Run>({
        url,
        executorId,
        agents: [createSoakAgent(journal)],
        queue: { pollingMs: 100 },
        leaseMs: 2_000,
      });
      return;
    } catch (error) {
      const code = String((error as { readonly code?: unknown }).code);
      if (!code.startsWith('host.')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

await open();
writeSync(1, 'ready\n');
