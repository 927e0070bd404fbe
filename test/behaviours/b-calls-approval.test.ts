import { type Host, memoryHost, type PendingCall, type Tool, tool } from '@pawl/core';
import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  call,
  createCalls,
  createOutcome,
  createResult,
  createText,
  createUserMessage,
  filterEvents,
  type PlayedRun,
  play,
  type Script,
} from './play.ts';
import { weather } from './weather.ts';

const PENDING = 'Pending: this call waits for approval and has not run.';
const DONE = respond.text('Done.');
const done = { status: 'completed', output: 'Done.', text: 'Done.' } as const;

const refunding = { name: 'refund', arguments: { order: 7 } };
const raining = { name: 'get_weather', arguments: { city: 'Oslo' } };
const asks = createCalls(
  call('call_1', 'refund', { order: 7 }),
  call('call_2', 'get_weather', { city: 'Oslo' }),
  call('call_3', 'refund', { order: 8 }),
);

function stage(stream: boolean): {
  readonly host: Host;
  readonly refunds: unknown[];
  readonly begin: () => Promise<PlayedRun>;
  readonly resume: (script: Script) => Promise<PlayedRun>;
} {
  const refunds: unknown[] = [];
  const refund: Tool<unknown> = tool({
    name: 'refund',
    description: 'Pays an order back.',
    input: z.object({ order: z.number() }),
    needsApproval: true,
    preview: ({ order }) => `Pays back order ${order}.`,
    execute({ order }) {
      refunds.push(order);
      return `Refunded ${order}.`;
    },
  });
  const host = memoryHost();
  const agent = { tools: [refund, weather] };
  const calls = respond.calls([refunding, raining, { name: 'refund', arguments: { order: 8 } }]);
  return {
    host,
    refunds,
    begin: () => play([calls], { agent, run: { stream, host } }),
    resume: (script) => play(script, { agent, run: { stream }, resume: host }),
  };
}

function pendingOf({ outcome }: PlayedRun): readonly PendingCall[] {
  return outcome.status === 'suspended' ? outcome.pending : [];
}

describe.each([{ stream: true }, { stream: false }])('approvals, stream: $stream', ({ stream }) => {
  test('B16: if one of several calls needs approval, the others run and then the run suspends', async () => {
    const { begin, refunds } = stage(stream);
    const { outcome } = await begin();

    const fingerprint = expect.stringMatching(/^[0-9a-f]{64}$/);
    const definitionHash = expect.stringMatching(/^[0-9a-f]{16}$/);
    const [first, , third] = asks.tool_calls ?? [];
    const approval = { reason: 'approval', accepts: ['approve', 'deny', 'edit'] };
    const pending = [
      {
        id: 'approval:1.0',
        ...approval,
        call: first,
        input: { order: 7 },
        fingerprint,
        definitionHash,
        preview: 'Pays back order 7.',
      },
      {
        id: 'approval:1.2',
        ...approval,
        call: third,
        input: { order: 8 },
        fingerprint,
        definitionHash,
        preview: 'Pays back order 8.',
      },
    ];
    const messages = [
      asks,
      createResult('call_1', PENDING),
      createResult('call_2', 'Rain in Oslo.'),
      createResult('call_3', PENDING),
    ];
    expect(outcome).toEqual({ status: 'suspended', pending, ...createOutcome(messages, { toolCallCount: 1 }) });
    expect(refunds).toEqual([]);
  });

  test('B16: a run that is resumed before all answers are given suspends again, and no call runs', async () => {
    const { begin, resume, host, refunds } = stage(stream);
    const suspended = await begin();
    const [first, second] = pendingOf(suspended);
    await host.answer('run', 'approval:1.0', { type: 'approve', fingerprint: first?.fingerprint ?? '' });
    const again = await resume([]);

    expect(again.outcome).toEqual({ ...suspended.outcome, pending: [second], messages: expect.any(Array) });
    expect(refunds).toEqual([]);
  });

  test('B16: approved calls run when all answers are given, and the run continues', async () => {
    const { begin, resume, host, refunds } = stage(stream);
    for (const { id, fingerprint } of pendingOf(await begin())) {
      await host.answer('run', id, { type: 'approve', fingerprint });
    }
    const resumed = await resume([DONE]);

    const messages = [
      asks,
      createResult('call_1', 'Refunded 7.'),
      createResult('call_2', 'Rain in Oslo.'),
      createResult('call_3', 'Refunded 8.'),
      createText('Done.'),
    ];
    expect(resumed.outcome).toEqual({ ...done, ...createOutcome(messages, { turnCount: 2, toolCallCount: 3 }) });
    expect(refunds).toEqual([7, 8]);
    expect(filterEvents(resumed, 'tool.started').map(({ index }) => index)).toEqual([0, 2]);
  });

  test('B17: a denied call gets the reason as its result, and nothing else changes', async () => {
    const { begin, resume, host, refunds } = stage(stream);
    const [first, second] = pendingOf(await begin());
    await host.answer('run', 'approval:1.0', {
      type: 'deny',
      fingerprint: first?.fingerprint ?? '',
      reason: 'Too late.',
    });
    await host.answer('run', 'approval:1.2', { type: 'approve', fingerprint: second?.fingerprint ?? '' });
    const { outcome } = await resume([DONE]);

    const messages = [
      asks,
      createResult('call_1', 'Denied: a person did not approve this call. Reason: Too late.'),
      createResult('call_2', 'Rain in Oslo.'),
      createResult('call_3', 'Refunded 8.'),
      createText('Done.'),
    ];
    expect(outcome).toEqual({ ...done, ...createOutcome(messages, { turnCount: 2, toolCallCount: 2 }) });
    expect(refunds).toEqual([8]);
  });

  test('B17: a call can be denied without a reason', async () => {
    const { begin, resume, host } = stage(stream);
    for (const { id, fingerprint } of pendingOf(await begin()))
      await host.answer('run', id, { type: 'deny', fingerprint });
    const { outcome } = await resume([DONE]);

    const denied = 'Denied: a person did not approve this call.';
    const messages = [
      asks,
      createResult('call_1', denied),
      createResult('call_2', 'Rain in Oslo.'),
      createResult('call_3', denied),
      createText('Done.'),
    ];
    expect(outcome).toEqual({ ...done, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
  });

  test('B19: if the user writes while calls are pending, these are cancelled before the message', async () => {
    const { begin, resume, host, refunds } = stage(stream);
    await begin();
    await host.sendMessage('run', createUserMessage('Forget it.'));
    const { outcome, requests } = await resume([DONE]);

    const cancelled = 'Cancelled: this call was not run.';
    const messages = [
      asks,
      createResult('call_1', cancelled),
      createResult('call_2', 'Rain in Oslo.'),
      createResult('call_3', cancelled),
      createUserMessage('Forget it.'),
    ];
    expect(outcome).toEqual({
      ...done,
      ...createOutcome([...messages, createText('Done.')], { turnCount: 2, toolCallCount: 1 }),
    });
    expect(requests.map((request) => request.messages)).toEqual([[createUserMessage('Go.'), ...messages]]);
    expect(refunds).toEqual([]);
  });

  test('B19: the transcript of a suspended run, with a message after it, can continue as another run', async () => {
    const { begin } = stage(stream);
    const { outcome } = await begin();
    const input = [...outcome.messages, createUserMessage('Forget it.')];
    const { outcome: next } = await play([DONE], { run: { stream }, input });

    expect(next).toEqual({ ...done, ...createOutcome([]), messages: [...input, createText('Done.')] });
  });
});
