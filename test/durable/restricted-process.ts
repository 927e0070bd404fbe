import { appendFileSync, writeSync } from 'node:fs';
import { HostError } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createHeavyAgent } from './heavy-agent.ts';

/** Runs an agent on a file that the process cannot fully use: `node restricted-process.ts <file> <journal>`. Prints the status or the error. */
const [file = '', journal = ''] = process.argv.slice(2);

// Root ignores file permissions, so the process becomes "nobody" after all modules are loaded.
if (process.env['AS_NOBODY'] === '1' && process.getuid?.() === 0) process.seteuid?.(65_534);

async function runToEnd(): Promise<string> {
  try {
    const host = sqliteHost(file);
    const agent = createHeavyAgent((call) => appendFileSync(journal, `${call}\n`));
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.close();
    return outcome.status;
  } catch (error) {
    if (!HostError.isInstance(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

writeSync(1, await runToEnd());
