// A run waits for approval without a process: one process starts it, another one finds it, approves and resumes it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const [file, mode] = process.argv.slice(2);

const agent = new Agent({
  model: scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool')
      ? respond.text('Bob has his money.')
      : respond.call('pay', { to: 'Bob', amount: 500 }),
  ),
  tools: [
    tool({
      name: 'pay',
      description: 'Pays an amount in euros.',
      input: z.object({ to: z.string(), amount: z.number() }),
      needsApproval: true,
      preview: ({ to, amount }) => `${amount} EUR to ${to}`,
      execute: ({ to, amount }) => {
        console.log(`paying ${amount} EUR to ${to}`);
        return 'paid';
      },
    }),
  ],
});

if (file === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-example-'));
  for (const mode of ['today', 'tomorrow']) {
    const self = process.argv[1] ?? '';
    const { stdout } = spawnSync(process.execPath, [self, join(folder, 'runs.db'), mode], { encoding: 'utf8' });
    console.log(`--- ${mode}\n${stdout.trim()}`);
  }
  rmSync(folder, { recursive: true });
} else if (mode === 'today') {
  const host = sqliteHost(file);
  const outcome = await agent.run('Pay Bob 500.', { host, runId: 'payment-1' }).outcome();
  console.log(outcome.status);
  await host.close();
} else {
  const host = sqliteHost(file);
  for (const { runId, outcome } of await host.listRuns({ status: 'suspended' })) {
    for (const { id, preview, fingerprint } of outcome?.status === 'suspended' ? outcome.pending : []) {
      console.log(`${runId} waits: ${preview}`);
      await host.answer(runId, id, { type: 'approve', fingerprint });
    }
  }
  for (const run of await host.resumeAll([agent])) console.log((await run).output);
  await host.close();
}
