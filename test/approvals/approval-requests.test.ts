// Approval requests: when a call needs one, what the person sees, and what the answer does.
import {
  Agent,
  type AgentOptions,
  type Answer,
  HostError,
  memoryHost,
  type Outcome,
  type PendingCall,
  type RunEvent,
  type ToolContext,
  tool,
} from '@pawl/core';
import type { RunRecord, StepRunner } from '@pawl/core/host';
import { selectTools } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { HostWrapper } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

interface Payments {
  readonly agent: Agent;
  /** The people who were paid. */
  readonly paid: readonly string[];
}

type ToolOptions = Omit<Partial<Parameters<typeof tool>[0]>, 'execute'>;

type Options = Partial<AgentOptions<unknown, string>>;

/** Creates an agent whose payments need approval. */
function createPayments(options: ToolOptions = {}, { to = 'Ann', ...rest }: { to?: unknown } & Options = {}): Payments {
  const paid: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ to: z.string() }),
    needsApproval: true,
    execute: ({ to }: { readonly to: string }) => `paid ${paid.push(to) && to}`,
    ...options,
  } as never); // The types of the options depend on the input.
  return { agent: createAgent([pay], { to, ...rest }), paid };
}

function createAgent(tools: Options['tools'], { to = 'Ann', ...rest }: { to?: unknown } & Options = {}) {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { to } as never),
  );
  return new Agent({ name: 'clerk', model, ...(tools && { tools }), ...rest } as AgentOptions<unknown, string>);
}

function getPending(outcome: Outcome<unknown>): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run has no pending call: ${outcome.status}.`);
  return pending;
}

const getResult = ({ messages }: Outcome<unknown>) => messages.findLast(({ role }) => role === 'tool')?.content;

/** Collects the events of a run, and its outcome. */
async function collectEvents(run: ReturnType<Agent['run']>) {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  const listEvents = (type: RunEvent['type']) => events.filter((event) => event.type === type);
  return { outcome: await run.outcome(), listEvents };
}

describe('a needsApproval rule', () => {
  test('that returns false lets the call run without approval', async () => {
    const asked: unknown[] = [];
    const needsApproval = (input: unknown, { context }: ToolContext) => asked.push([input, context]) > 1;
    const { agent, paid } = createPayments({ needsApproval });
    const { outcome, listEvents } = await collectEvents(agent.run('Go.', { context: { user: 'Bob' } } as never));
    expect(outcome.status).toBe('completed');
    expect(paid).toEqual(['Ann']);
    expect(asked).toEqual([[{ to: 'Ann' }, { user: 'Bob' }]]);
    expect(listEvents('approval.requested')).toEqual([]);
    expect(listEvents('approval.not_required')).toMatchObject([{ turn: 1, index: 0 }]);
  });

  test.each([
    ['returns true', () => true],
    ['throws', () => Promise.reject(new Error('The database is down.'))],
  ])('that %s requires approval before the call runs', async (_, needsApproval) => {
    const { agent, paid } = createPayments({ needsApproval });
    expect((await agent.run('Go.').outcome()).status).toBe('suspended');
    expect(paid).toEqual([]);
  });

  test('that never settles ends with its run, and the call does not run', async () => {
    const controller = new AbortController();
    const needsApproval = (): Promise<boolean> => {
      controller.abort(new Error('Enough.'));
      return new Promise(() => {});
    };
    const { agent, paid } = createPayments({ needsApproval });
    const { outcome, listEvents } = await collectEvents(agent.run('Go.', { signal: controller.signal }));
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
    expect(listEvents('approval.requested')).toEqual([]);
    expect(paid).toEqual([]);
  });
});

test('a run that is aborted while it requests approval ends as aborted, with the reason', async () => {
  const controller = new AbortController();
  const { agent, paid } = createPayments();
  const run = agent.run('Go.', { signal: controller.signal });
  run.on('approval.requested', () => controller.abort(new Error('Enough.')));
  const { outcome, listEvents } = await collectEvents(run);
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  expect(listEvents('run.suspended')).toEqual([]);
  expect(paid).toEqual([]);
});

class UnaskableHost extends HostWrapper {
  override async start(record: RunRecord): Promise<StepRunner> {
    const durable = await super.start(record);
    const wait = () => Promise.reject(new HostError('The disk is full.', { code: 'test.full' }));
    return { ...durable, waitFor: wait };
  }
}

test('the run rejects with the error of the host if the host cannot store the request, and the call does not run', async () => {
  const { agent, paid } = createPayments();
  const run = agent.run('Go.', { host: new UnaskableHost(memoryHost()) });
  await expect(run.outcome()).rejects.toMatchObject({ code: 'test.full' });
  expect(paid).toEqual([]);
});

describe('no approval is requested', () => {
  test('for a call with invalid arguments', async () => {
    const { agent, paid } = createPayments({}, { to: 7 });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.status).toBe('completed');
    expect(getResult(outcome)).toContain('to: expected string');
    expect(paid).toEqual([]);
  });

  test('for a tool that the turn does not have', async () => {
    const { agent, paid } = createPayments({}, { middleware: [selectTools(() => [])] });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.status).toBe('completed');
    expect(getResult(outcome)).toContain('pay');
    expect(paid).toEqual([]);
  });

  test('for a tool that the resuming agent does not have', async () => {
    const host = memoryHost();
    await createPayments().agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.fork('run', { before: 'check:1.0', runId: 'fork' });
    const outcome = await createAgent([]).resume('fork', { host, onVersionMismatch: 'continue' }).outcome();
    expect(outcome.status).toBe('completed');
    expect(getResult(outcome)).toContain('pay');
  });
});

describe('an approval request shows', () => {
  test('only the call, if its tool has no preview', async () => {
    const { outcome, listEvents } = await collectEvents(createPayments().agent.run('Go.'));
    const pending = getPending(outcome);
    expect(Object.keys(pending).toSorted()).toEqual(
      ['accepts', 'call', 'definitionHash', 'fingerprint', 'id', 'input', 'reason'].toSorted(),
    );
    expect(listEvents('approval.requested')).toMatchObject([{ pending }]);
    expect(Object.keys(listEvents('approval.requested')[0] ?? {})).not.toContain('again');
    expect(listEvents('run.suspended')).toMatchObject([{ turn: 1, pending: ['approval:1.0'] }]);
    expect(listEvents('run.suspended')).toEqual([expect.not.objectContaining({ replayed: true })]);
  });

  test('the tool’s preview', async () => {
    const preview = (input: unknown, { context }: ToolContext) => ({ input, context }) as never;
    const { agent } = createPayments({ preview });
    expect(getPending(await agent.run('Go.', { context: 'Bob' } as never).outcome())).toMatchObject({
      preview: { input: { to: 'Ann' }, context: 'Bob' },
    });
  });

  test('the error of a preview that throws', async () => {
    const preview = () => Promise.reject(new Error('No account.'));
    expect(getPending(await createPayments({ preview }).agent.run('Go.').outcome())).toMatchObject({
      preview: 'The preview failed: No account.',
    });
  });
});

/** Suspends a run, answers its pending call, and resumes it. */
async function answerRun({ agent }: Pick<Payments, 'agent'>, answer: object, resuming: Agent = agent) {
  const host = memoryHost();
  const { id, fingerprint } = getPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
  await host.answer('run', id, { fingerprint, ...answer } as Answer); // The type follows from its fields.
  return collectEvents(resuming.resume('run', { host, onVersionMismatch: 'continue' }));
}

describe('a call that does not run is skipped', () => {
  test('as denied, if a person denies it', async () => {
    const { listEvents } = await answerRun(createPayments(), { type: 'deny' });
    expect(listEvents('tool.skipped')).toMatchObject([{ reason: 'denied' }]);
  });

  test('as denied, if no answer arrives in time', async () => {
    const clock = manualClock();
    const { agent } = createPayments({ approvalTimeoutMs: 100 }, { clock });
    const host = memoryHost({ clock });
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await clock.advance(100);
    const { listEvents } = await collectEvents(agent.resume('run', { host }));
    expect(listEvents('tool.skipped')).toMatchObject([{ reason: 'denied' }]);
  });

  test('as cancelled, if the user sends a message first', async () => {
    const { agent } = createPayments();
    const host = memoryHost();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.sendMessage('run', { role: 'user', content: 'Forget it.' });
    const { listEvents } = await collectEvents(agent.resume('run', { host }));
    expect(listEvents('tool.skipped')).toMatchObject([{ reason: 'cancelled' }]);
  });
});

test('cancels a waiting agent as a tool when the user sends a message', async () => {
  const host = memoryHost();
  const { agent: inner, paid } = createPayments();
  const pay = inner.asTool({ name: 'pay', description: 'Pays.' });
  const model = scriptedModel([respond.call('pay', { prompt: 'Go.' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'boss', model, tools: [pay] });
  await agent.run('Go.', { host, runId: 'run' }).outcome();
  await host.sendMessage('run', { role: 'user', content: 'Forget it.' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(getResult(outcome)).toContain('the user wrote a message while this agent waited');
  expect(paid).toEqual([]);
});

test('does not use the approval of an agent as a tool for a call inside it', async () => {
  const host = memoryHost();
  const { agent: inner, paid } = createPayments();
  const pay = inner.asTool({ name: 'pay', description: 'Pays.', needsApproval: true });
  const model = scriptedModel([respond.call('pay', { prompt: 'Go.' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'boss', model, tools: [pay] });
  const asked: string[] = [];
  let outcome: Outcome<unknown> = await agent.run('Go.', { host, runId: 'run' }).outcome();
  while (outcome.status === 'suspended' && asked.length < 3) {
    const { id, fingerprint } = getPending(outcome);
    asked.push(id);
    expect(paid).toEqual([]);
    await host.answer('run', id, { type: 'approve', fingerprint });
    outcome = await agent.resume('run', { host }).outcome();
  }
  expect(asked).toEqual(['approval:1.0', 'tool:1.0/approval:1.0']);
  expect(outcome.status).toBe('completed');
  expect(paid).toEqual(['Ann']);
});

test('an agent as a tool waits as long as its inner call, whatever its own approvalTimeoutMs', async () => {
  const clock = manualClock();
  const host = memoryHost({ clock });
  const { agent: inner } = createPayments();
  const pay = inner.asTool({ name: 'pay', description: 'Pays.', approvalTimeoutMs: 100 });
  const model = scriptedModel([respond.call('pay', { prompt: 'Go.' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'boss', model, tools: [pay], clock });
  await agent.run('Go.', { host, runId: 'run' }).outcome();
  await clock.advance(200);
  const outcome = await agent.resume('run', { host }).outcome();
  expect(getPending(outcome)).toMatchObject({ id: 'tool:1.0/approval:1.0' });
});

/** Creates an agent with a tool that is answered from outside. */
function createExternalPayment(options: object = {}) {
  const pay = tool({ name: 'pay', description: 'Pays.', input: z.object({ to: z.string() }), ...options } as never);
  return { agent: createAgent([pay]) };
}

describe('a result from outside', () => {
  const given = { type: 'result', value: { amount: 7 } };

  test('is parsed by its tool, with the input of the call', async () => {
    const parseExternalResult = (value: unknown, input: unknown) => ({ value, input });
    const { outcome } = await answerRun(createExternalPayment({ parseExternalResult }), given);
    expect(getResult(outcome)).toBe('{"value":{"amount":7},"input":{"to":"Ann"}}');
  });

  test('that its tool cannot parse fails the call, and the model reads the error', async () => {
    const parseExternalResult = () => {
      throw new Error(`Not an amount. ${'x'.repeat(100)}`);
    };
    const { outcome, listEvents } = await answerRun(
      createExternalPayment({ parseExternalResult, maxResultLength: 60 }),
      given,
    );
    expect(outcome.status).toBe('completed');
    expect(getResult(outcome)).toMatch(/^Not an amount\. x/);
    expect(String(getResult(outcome)).length).toBeLessThan(110);
    expect(listEvents('tool.failed')).toMatchObject([{ reason: 'threw', durationMs: 0, error: { name: 'Error' } }]);
  });

  test('is used unchanged, if the resuming agent does not have the tool', async () => {
    const { outcome } = await answerRun(createExternalPayment(), given, createAgent([]));
    expect(getResult(outcome)).toBe('{"amount":7}');
  });
});
