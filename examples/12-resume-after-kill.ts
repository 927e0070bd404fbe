// A process is killed while a tool runs. The next process resumes the run: finished calls are not repeated, and the model learns that
// the interrupted call has an unknown outcome. This file starts itself twice, as two processes.
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
    description: 'Looks up an order.',
    input,
    effect: 'read',
    execute: ({ order }) => {
      console.log(`looking up ${order}`);
      return 'not shipped';
    },
  });
  const refund = tool({
    name: 'refund',
    description: 'Refunds an order.',
    input,
    effect: 'non-idempotent', // The default. The refund must not run twice.
    execute: ({ order }) => {
      console.log(`refunding ${order}`);
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
