import { Agent, conversation, memoryConversations, type PendingCall, type Run, tool } from '@pawl/core';
import { dbosHost } from '@pawl/dbos';
import { respond, scriptedModel } from '@pawl/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { waitForStatus } from './workers.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

test('a run that a worker takes from the queue continues its conversation', async () => {
  const { host, chat, pending } = await suspendRun();
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  await waitForStatus(host, 'run', ['completed']);
  expect((await chat.getMessages()).map(({ content }) => content)).toEqual(['Go.', null, 'Paid.', 'Done.']);
});

test('onError gets the conflict of a run whose conversation others have written to, and the run completes', async () => {
  const { host, chat, pending, errors } = await suspendRun();
  await chat.append([{ role: 'user', content: 'Meanwhile.' }]);
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  const { outcome } = await waitForStatus(host, 'run', ['completed']);
  expect(outcome).toMatchObject({ output: 'Done.' });
  await expect.poll(() => errors).toMatchObject([{ code: 'conversation.conflict', added: { length: 3 } }]);
  // The user message was stored when the run was suspended.
  expect(await chat.getMessages()).toEqual([
    { role: 'user', content: 'Go.' },
    { role: 'user', content: 'Meanwhile.' },
  ]);
});

/** Opens a worker with a suspended run. */
async function suspendRun() {
  const store = memoryConversations();
  const agent = createPayer();
  const errors: unknown[] = [];
  const host = await dbosHost<Run>({
    url: await postgres.createDatabase(),
    executorId: 'worker',
    agents: [{ agent, conversation: ({ conversation: { id } }) => conversation({ id, store, onConflict: 'fail' }) }],
    queue: { pollingMs: 20 },
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => host.close());
  const chat = conversation({ id: 'chat', store });
  const run = agent.run('Go.', { conversation: chat, host, runId: 'run' });
  return { host, chat, errors, pending: await getPending(run) };
}

async function getPending(run: Run): Promise<PendingCall> {
  const outcome = await run.outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, not suspended.`);
  return pending;
}

function createPayer(): Agent {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'Paid.',
  });
  const model = scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? respond.text('Done.') : respond.call('pay', {}),
  );
  return new Agent({ name: 'payer', model, tools: [pay] });
}
