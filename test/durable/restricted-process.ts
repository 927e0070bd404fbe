import { appendFileSync, writeSync } from 'node:fs';
import { HostError } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createHeavyAgent } from './heavy-agent.ts';

/** A process that is not let do what it wants to with a file: `node restricted-process.ts <file> <journal>`. Prints how it ended. */
const [file = '', journal = ''] = process.argv.slice(2);

// As root, whom no permission stops: as somebody who has none. Everything that is needed is loaded.
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
