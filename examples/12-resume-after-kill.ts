// `kill -9` while a tool runs. Another process resumes the run: finished steps are kept, the call that was running is not
// repeated, and the model learns that its outcome is unknown. This file starts itself twice and kills the first process.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, type RunEvent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const [folder, worker] = process.argv.slice(2);
if (folder === undefined) await killAndResume();
else await runWorker(folder, worker ?? '');

async function killAndResume(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-example-'));
  for (const worker of ['worker 1', 'worker 2']) {
    const child = spawn(process.execPath, [process.argv[1] ?? '', folder, worker], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      console.log(line);
      if (!line.includes('waits for the receipt')) continue;
      console.log(`          kill -9 ${child.pid}`);
      child.kill('SIGKILL');
    }
  }
  console.log(`          ledger: ${countCharges(folder)} charge`);
  rmSync(folder, { recursive: true });
}

async function runWorker(folder: string, worker: string): Promise<void> {
  const input = z.object({ order: z.number() });
  const findOrder = tool({
    name: 'find_order',
    description: 'Finds an order.',
    input,
    effect: 'read',
    execute: () => '2 chairs, 90 EUR',
  });
  const chargeCard = tool({
    name: 'charge_card',
    description: 'Charges the card for an order.',
    input,
    effect: 'non-idempotent', // The default: the call must not run twice.
    execute: () => {
      appendFileSync(join(folder, 'ledger'), '90 EUR\n');
      print('charge_card has charged 90 EUR and waits for the receipt');
      return new Promise<string>(() => setInterval(() => undefined, 1_000)); // The receipt never comes.
    },
  });
  const findCharges = tool({
    name: 'find_charges',
    description: 'Counts the charges for an order.',
    input,
    effect: 'read',
    execute: () => `charged ${countCharges(folder)} time`,
  });
  const model = scriptedModel(({ messages }) => {
    const results = messages.filter(({ role }) => role === 'tool');
    const next = ['find_order', 'charge_card', 'find_charges'][results.length];
    return next === undefined ? respond.text('Order 42 is paid.') : respond.call(next, { order: 42 });
  });
  const agent = new Agent({ model, tools: [findOrder, chargeCard, findCharges] });
  const host = sqliteHost(join(folder, 'runs.db'));
  const runs = worker === 'worker 1' ? [agent.run('Charge order 42.', { host })] : await host.resumeAll([agent]);
  for (const run of runs) {
    run.on('*', (event) => print(describe(event)));
    await run;
  }
  await host.close();

  function print(text: string | undefined): void {
    if (text !== undefined) console.log(`${worker}  ${text}`);
  }
}

function describe(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'tool.finished':
      return `${event.toolName} ${event.replayed ? 'is kept' : 'finished'}: ${event.content}`;
    case 'tool.failed':
      return `${event.toolName} is not repeated: ${event.reason}\n          the model reads: ${event.content.split(':')[0]}`;
    case 'run.finished':
      return `${event.outcome.status}: ${'text' in event.outcome ? event.outcome.text : ''}`;
  }
  return undefined;
}

function countCharges(folder: string): number {
  const ledger = join(folder, 'ledger');
  return existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n').length : 0;
}
