import { type Answer, type Host, memoryHost, type PendingCall, type Tool, tool } from '@pawl/core';
import { type ManualClock, manualClock, respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  call,
  createCalls,
  createOutcome,
  createResult,
  createText,
  type PlayedRun,
  play,
  type Script,
} from './play.ts';

const DONE = respond.text('Done.');
const done = { status: 'completed', output: 'Done.', text: 'Done.' } as const;
const asks = createCalls(call('call_1', 'refund', { order: 7 }), call('call_2', 'refund', { order: 8 }));

interface Stage {
  readonly host: Host;
  readonly clock: ManualClock;
  readonly refunds: unknown[];
  readonly pending: readonly [PendingCall, PendingCall];
  readonly resume: (script: Script) => Promise<PlayedRun>;
}

/** A run with two calls that wait for approval. */
async function suspended(stream: boolean): Promise<Stage> {
  const refunds: unknown[] = [];
  const refund: Tool<unknown> = tool({
    name: 'refund',
    description: 'Pays an order back.',
    input: z.object({ order: z.number() }),
    needsApproval: true,
    approvalTimeoutMs: 1_000,
    execute({ order }) {
      refunds.push(order);
      return `Refunded ${order}.`;
    },
  });
  const clock = manualClock();
  const host = memoryHost({ clock });
  const agent = { tools: [refund] };
  const calls = respond.calls([7, 8].map((order) => ({ name: 'refund', arguments: { order } })));
  const { outcome } = await play([calls], { agent, clock, run: { stream, host } });
  const [first, second] = outcome.status === 'suspended' ? outcome.pending : [];
  if (first === undefined || second === undefined) throw new Error('Two calls were to be pending.');
  return {
    host,
    clock,
    refunds,
    pending: [first, second],
    resume: (script) => play(script, { agent, clock, resume: host, run: { stream } }),
  };
}

function refused(code: string): unknown {
  return expect.objectContaining({ name: 'ApprovalError', code });
}

describe.each([{ stream: true }, { stream: false }])('answers, stream: $stream', ({ stream }) => {
  test('B18: an approval for other arguments or another call is rejected, and nothing runs', async () => {
    const { host, refunds, pending, resume } = await suspended(stream);
    const [first, second] = pending;
    const answers: readonly Answer[] = [
      { type: 'approve', fingerprint: '0'.repeat(64) },
      { type: 'approve', fingerprint: second.fingerprint },
      { type: 'deny', fingerprint: second.fingerprint },
      { type: 'edit', fingerprint: second.fingerprint, arguments: { order: 9 } },
    ];
    for (const answer of answers) {
      await expect(host.answer('run', first.id, answer)).rejects.toEqual(refused('approval.mismatch'));
    }
    const { outcome } = await resume([]);

    expect(outcome).toEqual(expect.objectContaining({ status: 'suspended', pending }));
    expect(refunds).toEqual([]);
  });

  test('B18: an approval of a call that is not pending is rejected', async () => {
    const { host, pending } = await suspended(stream);
    const [{ fingerprint }] = pending;

    const answer = host.answer('run', 'approval:1.7', { type: 'approve', fingerprint });
    await expect(answer).rejects.toEqual(refused('approval.unknown'));
  });

  test('B18: an approval is used once', async () => {
    const { host, refunds, pending, resume } = await suspended(stream);
    for (const { id, fingerprint } of pending) await host.answer('run', id, { type: 'approve', fingerprint });
    const [{ id, fingerprint }] = pending;
    const used = refused('approval.used');

    await expect(host.answer('run', id, { type: 'deny', fingerprint })).rejects.toEqual(used);
    await resume([DONE]);
    await expect(host.answer('run', id, { type: 'approve', fingerprint })).rejects.toEqual(used);
    expect(refunds).toEqual([7, 8]);
  });

  test('B18: a late approval is rejected, and the call counts as denied', async () => {
    const { host, clock, refunds, pending, resume } = await suspended(stream);
    const [first, second] = pending;
    await clock.advance(999);
    await host.answer('run', first.id, { type: 'approve', fingerprint: first.fingerprint });
    await clock.advance(1);
    const answer = host.answer('run', second.id, { type: 'approve', fingerprint: second.fingerprint });
    await expect(answer).rejects.toEqual(refused('approval.expired'));
    const { outcome } = await resume([DONE]);

    const messages = [
      asks,
      createResult('call_1', 'Refunded 7.'),
      createResult('call_2', 'Denied: this call was not approved in time.'),
      createText('Done.'),
    ];
    expect(outcome).toEqual({ ...done, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
    expect(refunds).toEqual([7]);
  });

  test('B18: a call that is approved with other arguments runs with these, and the model reads them', async () => {
    const { host, refunds, pending, resume } = await suspended(stream);
    const [first, second] = pending;
    await host.answer('run', first.id, { type: 'edit', fingerprint: first.fingerprint, arguments: { order: 9 } });
    await host.answer('run', second.id, { type: 'edit', fingerprint: second.fingerprint, arguments: { order: 'x' } });
    const { outcome } = await resume([DONE]);

    const edited = 'A person approved this call with other arguments: {"order":9}\nRefunded 9.';
    const messages = [
      asks,
      createResult('call_1', edited),
      createResult('call_2', 'order: expected number, got string'),
      createText('Done.'),
    ];
    expect(outcome).toEqual({ ...done, ...createOutcome(messages, { turnCount: 2, toolCallCount: 2 }) });
    expect(refunds).toEqual([9]);
  });
});
