// A process is killed while a tool runs. The next one goes on: what was finished is not done again, and the model is
// told that nobody knows how the call that was under way ended. This file starts itself twice, as two processes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const [file, mode] = process.argv.slice(2);
if (file === undefined) startTwice();
else await runWorker(file);

function startTwice(): void {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-example-'));
  for (const mode of ['first', 'second']) {
    console.log(`--- the ${mode} process`);
    const self = process.argv[1] ?? '';
    const { stdout, signal } = spawnSync(process.execPath, [self, join(folder, 'runs.db'), mode], { encoding: 'utf8' });
    console.log(signal === null ? stdout.trim() : `${stdout.trim()}\nkilled: ${signal}`);
  }
  rmSync(folder, { recursive: true });
}

async function runWorker(file: string): Promise<void> {
  const input = z.object({ order: z.string() });
  const look = tool({
    name: 'look_up',
    description: 'Looks an order up.',
    input,
    effect: 'read',
    execute: ({ order }) => {
      console.log(`looking up ${order}`);
      return 'not shipped';
    },
  });
  const refund = tool({
    name: 'refund',
    description: 'Pays an order back.',
    input,
    effect: 'non-idempotent', // The default: a second refund would be one too many.
    execute: ({ order }) => {
      console.log(`paying ${order} back`);
      process.kill(process.pid, 'SIGKILL');
    },
  });
  const model = scriptedModel(({ messages }) => {
    const results = messages.filter(({ role }) => role === 'tool');
    if (results.length === 0) return respond.call('look_up', { order: '42' });
    if (results.length === 1) return respond.call('refund', { order: '42' });
    return respond.text(`Please check by hand. I was told: ${results[1]?.content}`);
  });
  const agent = new Agent({ model, tools: [look, refund] });
  const host = sqliteHost(file);
  const options = { host };
  const runs = mode === 'first' ? [agent.run('Refund order 42.', options)] : await host.resumeAll([agent]);
  for (const run of runs) console.log((await run).output);
  await host.close();
}
