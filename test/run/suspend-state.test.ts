import {
  Agent,
  type Answer,
  type Host,
  type Outcome,
  type PendingCall,
  SuspendRun,
  type ToolContext,
  tool,
} from '@pawl/core';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

type ResumeData = ToolContext['resumeData'];

interface Booking {
  readonly agent: Agent;
  /** What each execution got, with its idempotency key. */
  readonly executions: { readonly resumeData: ResumeData; readonly idempotencyKey: string }[];
}

interface BookingOptions {
  readonly execute: (resumeData: ResumeData) => unknown;
  readonly definitionHash?: string;
  readonly approvalTimeoutMs?: number;
}

/** An agent with one tool, which reads its progress from `resumeData`. */
function createBooking({ execute, ...options }: BookingOptions): Booking {
  const executions: Booking['executions'] = [];
  const book = tool({
    name: 'book',
    description: 'Books a flight.',
    input: z.object({ to: z.string() }),
    preview: ({ to }) => `to ${to}`,
    execute: (_, { resumeData, idempotencyKey }) => {
      executions.push({ resumeData, idempotencyKey });
      return execute(resumeData);
    },
    ...options,
  });
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool' ? respond.text(`Got: ${last.content}`) : respond.call('book', { to: 'Oslo' });
  });
  return { agent: new Agent({ model, tools: [book] }), executions };
}

/** Asks for a day, then for a seat, then books. */
function askTwice(resumeData: ResumeData): unknown {
  if (resumeData === undefined)
    throw new SuspendRun('Which day?', { preview: { question: 'day' }, state: { round: 1, secret: 'offer-7' } });
  const { state, value } = resumeData as { readonly state: { readonly round: number }; readonly value: string };
  if (state.round === 1) throw new SuspendRun('Which seat?', { state: { round: 2, day: value } });
  return { ...state, seat: value };
}

function getPending(outcome: Outcome): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, not suspended.`);
  return pending;
}

async function start(host: Host, { agent }: Booking): Promise<PendingCall> {
  return getPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
}

async function answer(host: Host, { id, fingerprint }: PendingCall, value: string): Promise<void> {
  await host.answer('run', id, { type: 'resume', fingerprint, value });
}

describe.each(hosts)('a tool that suspends with a state, on $name,', ({ open }) => {
  test('runs again with its state and the value of the answer, for several rounds', async () => {
    const host = open();
    const booking = createBooking({ execute: askTwice });
    await answer(host, await start(host, booking), 'Monday');
    await answer(host, getPending(await booking.agent.resume('run', { host }).outcome()), '4A');
    const outcome = await booking.agent.resume('run', { host }).outcome();
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'Got: {"round":2,"day":"Monday","seat":"4A"}',
      toolCallCount: 1,
    });
    expect(booking.executions.map(({ resumeData }) => resumeData)).toEqual([
      undefined,
      { state: { round: 1, secret: 'offer-7' }, value: 'Monday' },
      { state: { round: 2, day: 'Monday' }, value: '4A' },
    ]);
    expect(new Set(booking.executions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    const steps = (await host.getRun('run')).events.flatMap(({ event }) => ('content' in event ? [event.type] : []));
    expect(steps).toEqual(['tool.finished']);
  });

  test('accepts resume and deny only', async () => {
    const host = open();
    const pending = await start(host, createBooking({ execute: askTwice }));
    const { id, fingerprint } = pending;
    expect(pending).toMatchObject({
      id: 'unknown_outcome:1.0:1',
      reason: 'suspended',
      accepts: ['resume', 'deny'],
    });
    const refused: readonly Answer[] = [
      { type: 'approve', fingerprint },
      { type: 'result', fingerprint, value: 'Monday' },
      { type: 'edit', fingerprint, arguments: { to: 'Rome' } },
      { type: 'resume', fingerprint } as never, // As from JavaScript.
    ];
    for (const given of refused) {
      await expect(host.answer('run', id, given)).rejects.toMatchObject({
        code: 'approval.invalid',
        message: expect.stringContaining('Pass { type: "resume", fingerprint, value }, or { type: "deny"'),
      });
    }
  });

  test('keeps its state from the model and from the person who answers', async () => {
    const host = open();
    const { agent } = createBooking({ execute: askTwice });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    expect(getPending(outcome).preview).toEqual({ question: 'day' });
    expect(JSON.stringify(outcome)).not.toContain('offer-7');
    const { events } = await host.getRun('run');
    expect(events.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ type: 'approval.requested', state: { round: 1, secret: 'offer-7' } }),
    );
    expect(checkHistory(outcome.messages)).toEqual([]);
  });

  test('ends with a denial, and does not run again', async () => {
    const host = open();
    const { agent, executions } = createBooking({ execute: askTwice });
    const { id, fingerprint } = await start(host, { agent, executions });
    await host.answer('run', id, { type: 'deny', fingerprint, reason: 'Too far.' });
    const { output } = await agent.resume('run', { host });
    expect(output).toBe('Got: Denied: a person ended this call while it waited. Reason: Too far.');
    expect(executions).toHaveLength(1);
  });

  test('has no resumeData after a suspension without a state', async () => {
    const host = open();
    const booking = createBooking({
      execute: (resumeData) => {
        if (booking.executions.length === 1) throw new SuspendRun('Which day?', { state: null });
        if (booking.executions.length === 2) throw new SuspendRun('The bank asks.');
        return { resumeData: resumeData ?? 'none' };
      },
    });
    await answer(host, await start(host, booking), 'Monday');
    const second = getPending(await booking.agent.resume('run', { host }).outcome());
    expect(second.accepts).toEqual(['approve', 'result', 'deny']);
    await host.answer('run', second.id, { type: 'approve', fingerprint: second.fingerprint });
    const { output } = await booking.agent.resume('run', { host });
    expect(output).toBe('Got: {"resumeData":"none"}');
    expect(booking.executions[1]?.resumeData).toEqual({ state: null, value: 'Monday' });
  });

  test('asks again with the same preview and state if its definition changed after the answer', async () => {
    const host = open();
    const old = createBooking({ execute: askTwice, definitionHash: 'a' });
    await answer(host, await start(host, old), 'Monday');
    const rewritten = createBooking({ execute: askTwice, definitionHash: 'b' });
    const again = getPending(await rewritten.agent.resume('run', { host }).outcome());
    expect(again).toMatchObject({
      id: 'unknown_outcome:1.0:1:repeat:1',
      accepts: ['resume', 'deny'],
      preview: { question: 'day' },
    });
    expect(rewritten.executions).toEqual([]);
    await answer(host, again, 'Tuesday');
    await rewritten.agent.resume('run', { host }).outcome();
    expect(rewritten.executions[0]?.resumeData).toEqual({
      state: { round: 1, secret: 'offer-7' },
      value: 'Tuesday',
    });
  });
});

test('a call inside a nested agent resumes with its state', async () => {
  const { agent: inner, executions } = createBooking({ execute: askTwice });
  const host = hosts[0]?.open();
  if (host === undefined) throw new Error('There is no host.');
  const model = scriptedModel([respond.call('travel', { prompt: 'Go.' }), respond.text('Travelled.')]);
  const agent = new Agent({ model, tools: [inner.asTool({ name: 'travel', description: 'Travels.' })] });
  const pending = getPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
  expect(pending.id).toBe('tool:1.0/unknown_outcome:1.0:1');
  await answer(host, pending, 'Monday');
  await answer(host, getPending(await agent.resume('run', { host }).outcome()), '4A');
  expect((await agent.resume('run', { host })).output).toBe('Travelled.');
  expect(executions).toHaveLength(3);
});

test('a state that is not JSON is the error of the call', async () => {
  const { agent } = createBooking({
    execute: () => {
      throw new SuspendRun('Which day?', { state: { open: new Date(0) } as never }); // As from JavaScript.
    },
  });
  const { output } = await agent.run('Go.');
  expect(output).toContain('SuspendRun: state.open is');
});
