import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Agent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Works on one run: `node steady-writer.ts <file>`. Its tool waits for a line of input. Prints when it has begun and how the run has ended. */
const [file = ''] = process.argv.slice(2);
const host = sqliteHost(file);
const work = tool({
  name: 'work',
  description: 'Works.',
  input: z.object({}),
  execute: async () => {
    writeSync(1, 'working\n');
    await once(process.stdin, 'data');
    return 'worked';
  },
});
const agent = new Agent({ model: scriptedModel([respond.call('work'), respond.text('Done.')]), tools: [work] });
const { status } = await agent.run('Go.', { host, runId: 'run' }).outcome();
await host.close();
writeSync(1, `${status}\n`);
process.stdin.destroy();
