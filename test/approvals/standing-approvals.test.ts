import {
  Agent,
  conversation,
  type Host,
  memoryConversations,
  memoryHost,
  type Outcome,
  type PendingCall,
  type Run,
  type RunEvent,
  tool,
} from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { flow } from '@pawl/core/flow';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

type Payment = { readonly to: string; readonly amount: number };

interface PayOptions {
  readonly paid?: Payment[];
  readonly definitionHash?: string;
  readonly standingApproval?: true | ((payment: Payment) => Json | undefined);
}

function createPay({ paid = [], ...options }: PayOptions = {}) {
  return tool({
    name: 'pay',
    input: z.object({ to: z.string(), amount: z.number() }),
    needsApproval: true,
    standingApproval: ({ to }) => ({ to }),
    execute: (payment) => `Paid ${paid.push(payment)}.`,
    ...options,
  });
}

/** Makes the payments of each turn, then ends. */
function createPayer(turns: readonly (readonly Payment[])[], options: PayOptions = {}): Agent {
  const model = scriptedModel(({ messages }) => {
    const answered = messages.filter((message) => message.role === 'assistant' && message.tool_calls !== undefined);
    const payments = turns[answered.length];
    if (payments === undefined) return respond.text('Done.');
    return respond.calls(payments.map((payment) => ({ name: 'pay', arguments: { ...payment } })));
  });
  return new Agent({ name: 'payer', model, tools: [createPay(options)] });
}

const ADA = { to: 'Ada', amount: 1 };
const BOB = { to: 'Bob', amount: 2 };

function listPending(outcome: Outcome): readonly PendingCall[] {
  return outcome.status === 'suspended' ? outcome.pending : [];
}

async function answerAll(host: Host, run: Run, always: boolean): Promise<readonly PendingCall[]> {
  const pending = listPending(await run.outcome());
  for (const { id, fingerprint } of pending)
    await host.answer(run.runId, id, { type: 'approve', fingerprint, always }, { by: 'eve' });
  return pending;
}

describe.each(hosts)('on $name', ({ open }) => {
  test('approves later calls of the run that have in common what the person saw, and no others', async () => {
    const host = open();
    const paid: Payment[] = [];
    const agent = createPayer([[ADA], [{ ...ADA, amount: 5 }], [BOB]], { paid });
    const first = await answerAll(host, agent.run('Go.', { host, runId: 'run' }), true);
    expect(first).toMatchObject([
      { accepts: ['approve', 'deny', 'edit', 'approve_always'], standingApproval: { to: 'Ada' } },
    ]);
    const events: RunEvent[] = [];
    const run = agent.resume('run', { host });
    for (const type of ['approval.answered', 'approval.not_required'] as const)
      run.on(type, (event) => events.push(event));
    expect(listPending(await run.outcome())).toMatchObject([{ input: BOB, standingApproval: { to: 'Bob' } }]);
    expect(paid).toEqual([ADA, { ...ADA, amount: 5 }]);
    const [{ definitionHash, call } = { definitionHash: undefined, call: undefined }] = first;
    const given = {
      agent: 'payer',
      toolName: 'pay',
      definitionHash,
      covers: { to: 'Ada' },
      runId: 'run',
      toolCallId: call?.id,
      by: 'eve',
    };
    expect(events).toMatchObject([
      { type: 'approval.answered', answer: { type: 'approve', always: true }, standingApproval: given },
      { type: 'approval.not_required', turn: 2, standingApproval: given },
    ]);
    expect(await run.outcome()).toMatchObject({ standingApprovals: [given] });
  });

  test('is revoked when the definition of the tool changes, also for a covered call that has not run', async () => {
    const host = open();
    const turns = [[ADA], [{ ...ADA, amount: 5 }]];
    const agent = createPayer(turns, { definitionHash: 'one' });
    await answerAll(host, agent.run('Go.', { host, runId: 'run' }), true);
    // The process ends when the second call is covered, before it runs.
    const interrupted = agent.resume('run', { host });
    const isCovered = new Promise<void>((resolve) => {
      interrupted.on('approval.not_required', () => resolve());
    });
    await isCovered;
    await interrupted.outcome();
    const fork = await host.fork('run', { before: 'tool:2.0:pay', runId: 'fork' });
    const paid: Payment[] = [];
    const changed = createPayer(turns, { definitionHash: 'two', paid });
    const outcome = await changed.resume(fork, { host }).outcome();
    expect(listPending(outcome)).toMatchObject([{ input: { amount: 5 }, definitionHash: 'two' }]);
    expect(paid).toEqual([]);
  });
});

test('a call without such an offer refuses the answer, and the call still waits', async () => {
  const cases: readonly PayOptions['standingApproval'][] = [
    undefined,
    () => undefined,
    () => {
      throw new Error('No.');
    },
  ];
  for (const standingApproval of cases) {
    const host = memoryHost();
    const agent = createPayer([[ADA]], { standingApproval: standingApproval ?? (() => undefined) });
    const [pending] = listPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
    expect(pending?.accepts).toEqual(['approve', 'deny', 'edit']);
    expect(pending).not.toHaveProperty('standingApproval');
    const answer = { type: 'approve', fingerprint: pending?.fingerprint ?? '', always: true } as const;
    await expect(host.answer('run', pending?.id ?? '', answer)).rejects.toMatchObject({ code: 'approval.invalid' });
    expect(await agent.resume('run', { host }).outcome()).toMatchObject({ status: 'suspended' });
  }
});

test('an answer whose always is no boolean approves nothing', async () => {
  const host = memoryHost();
  const agent = createPayer([[ADA]], { standingApproval: true });
  const [pending] = listPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
  const answer = { type: 'approve', fingerprint: pending?.fingerprint ?? '', always: 'yes' } as const;
  // @ts-expect-error: as JavaScript callers can.
  await expect(host.answer('run', pending?.id ?? '', answer)).rejects.toMatchObject({ code: 'approval.invalid' });
});

test('the fingerprint includes what later calls have in common', async () => {
  const fingerprints = await Promise.all(
    [true as const, () => ({ to: 'Ada' }), () => ({ to: 'any' }), () => undefined].map(async (standingApproval) => {
      const run = createPayer([[ADA]], { standingApproval }).run('Go.', { runId: 'run' });
      return listPending(await run.outcome()).map(({ fingerprint }) => fingerprint);
    }),
  );
  expect(new Set(fingerprints.flat()).size).toBe(4);
});

test('true approves every later call of the tool; calls of the same turn that wait are still asked for', async () => {
  const host = memoryHost();
  const paid: Payment[] = [];
  const agent = createPayer([[ADA, BOB], [BOB]], { standingApproval: true, paid });
  const [ada, bob] = listPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
  await host.answer('run', ada?.id ?? '', { type: 'approve', fingerprint: ada?.fingerprint ?? '', always: true });
  expect(listPending(await agent.resume('run', { host }).outcome())).toMatchObject([{ id: bob?.id }]);
  await host.answer('run', bob?.id ?? '', { type: 'approve', fingerprint: bob?.fingerprint ?? '' });
  expect(await agent.resume('run', { host }).outcome()).toMatchObject({ status: 'completed' });
  expect(paid).toEqual([ADA, BOB, BOB]);
});

test('holds for the agent whose call it was, not for a tool of the same definition of another agent', async () => {
  const host = memoryHost();
  const other = new Agent({
    name: 'other',
    model: scriptedModel([respond.call('pay', ADA), respond.text('Done.')]),
    tools: [createPay()],
  });
  const model = scriptedModel([respond.call('pay', ADA), respond.call('transfer_to_other', {})]);
  const agent = new Agent({ name: 'payer', model, tools: [createPay()], handoffs: [other] });
  await answerAll(host, agent.run('Go.', { host, runId: 'run' }), true);
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome).toMatchObject({ status: 'suspended', agent: 'other' });
});

test('holds in later runs of the conversation, until it is revoked there', async () => {
  const host = memoryHost();
  const store = memoryConversations();
  const chat = conversation({ id: 'chat', store });
  const pay = async (runId: string, payment: Payment, always: boolean): Promise<number> => {
    const model = scriptedModel([respond.call('pay', payment), respond.text('Done.')]);
    const agent = new Agent({ name: 'payer', model, tools: [createPay()] });
    const asked = await answerAll(host, agent.run('Pay.', { host, runId, conversation: chat }), always);
    if (asked.length > 0) await agent.resume(runId, { host, conversation: chat });
    return asked.length;
  };
  expect(await pay('one', ADA, true)).toBe(1);
  expect(await pay('two', ADA, false)).toBe(0);
  expect(await pay('three', BOB, true)).toBe(1);
  await chat.append([{ role: 'user', content: 'Meanwhile.' }]);
  expect(await chat.getStandingApprovals()).toMatchObject([
    { covers: { to: 'Ada' }, runId: 'one', by: 'eve' },
    { covers: { to: 'Bob' }, runId: 'three', by: 'eve' },
  ]);
  expect(await pay('four', BOB, false)).toBe(0);
  await chat.revokeStandingApprovals(({ runId }) => runId === 'one');
  expect(await pay('five', ADA, false)).toBe(1);
  expect(await pay('six', BOB, false)).toBe(0);
  await chat.revokeStandingApprovals();
  expect(await chat.getStandingApprovals()).toEqual([]);
  expect(await pay('seven', BOB, false)).toBe(1);
});

test('a run that ends after others keeps their approvals, and does not bring back revoked ones', async () => {
  const host = memoryHost();
  const store = memoryConversations();
  const chat = conversation({ id: 'chat', store });
  const begin = (runId: string, payment: Payment) => {
    const model = scriptedModel([respond.call('pay', payment), respond.text('Done.')]);
    const agent = new Agent({ name: 'payer', model, tools: [createPay()] });
    return { agent, run: agent.run('Pay.', { host, runId, conversation: chat }) };
  };
  const first = begin('one', ADA);
  await answerAll(host, first.run, true);
  await first.agent.resume('one', { host, conversation: chat });
  const [second, third] = [begin('two', BOB), begin('three', { to: 'Cy', amount: 3 })];
  await answerAll(host, second.run, true);
  await answerAll(host, third.run, true);
  await chat.revokeStandingApprovals();
  await second.agent.resume('two', { host, conversation: chat });
  await third.agent.resume('three', { host, conversation: chat });
  const covered = (await chat.getStandingApprovals()).map(({ covers }) => covers);
  expect(covered).toEqual([{ to: 'Bob' }, { to: 'Cy' }]);
});

test('a call by the code of a flow offers none: each is a run of its own', async () => {
  const pays = flow({ name: 'pays', run: (_: Json, { call }) => call(createPay(), ADA, { step: 'pay' }) });
  const [pending] = listPending((await pays.run(null).outcome()) as Outcome);
  expect(pending?.accepts).toEqual(['approve', 'deny', 'edit']);
});
