// Who is asked before a call runs, what they are shown, and what becomes of what they say.
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
  /** Who was paid. */
  readonly paid: readonly string[];
}

type ToolOptions = Omit<Partial<Parameters<typeof tool>[0]>, 'execute'>;

type Options = Partial<AgentOptions<unknown, string>>;

/** Pays whoever the model names, if a person agrees. */
function payments(options: ToolOptions = {}, { to = 'Ann', ...rest }: { to?: unknown } & Options = {}): Payments {
  const paid: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ to: z.string() }),
    needsApproval: true,
    execute: ({ to }: { readonly to: string }) => `paid ${paid.push(to) && to}`,
    ...options,
  } as never); // The options' types follow the input's.
  return { agent: agentOf([pay], { to, ...rest }), paid };
}

function agentOf(tools: Options['tools'], { to = 'Ann', ...rest }: { to?: unknown } & Options = {}) {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { to } as never),
  );
  return new Agent({ name: 'clerk', model, ...(tools && { tools }), ...rest } as AgentOptions<unknown, string>);
}

function pendingOf(outcome: Outcome<unknown>): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`Nothing waits: ${outcome.status}.`);
  return pending;
}

const resultOf = ({ messages }: Outcome<unknown>) => messages.findLast(({ role }) => role === 'tool')?.content;

/** The events of a run, and its outcome. */
async function watched(run: ReturnType<Agent['run']>) {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  const typed = (type: RunEvent['type']) => events.filter((event) => event.type === type);
  return { outcome: await run.outcome(), typed };
}

describe('a rule', () => {
  test('that says no lets the call run, and asks nobody', async () => {
    const asked: unknown[] = [];
    const needsApproval = (input: unknown, { context }: ToolContext) => asked.push([input, context]) > 1;
    const { agent, paid } = payments({ needsApproval });
    const { outcome, typed } = await watched(agent.run('Go.', { context: { user: 'Bob' } } as never));
    expect(outcome.status).toBe('completed');
    expect(paid).toEqual(['Ann']);
    expect(asked).toEqual([[{ to: 'Ann' }, { user: 'Bob' }]]);
    expect(typed('approval.requested')).toEqual([]);
    expect(typed('approval.not_required')).toMatchObject([{ turn: 1, index: 0 }]);
  });

  test.each([
    ['says yes', () => true],
    ['throws', () => Promise.reject(new Error('The database is down.'))],
  ])('that %s asks, and nothing runs', async (_, needsApproval) => {
    const { agent, paid } = payments({ needsApproval });
    expect((await agent.run('Go.').outcome()).status).toBe('suspended');
    expect(paid).toEqual([]);
  });

  test('that never answers ends with its run, and nothing runs', async () => {
    const controller = new AbortController();
    const needsApproval = (): Promise<boolean> => {
      controller.abort(new Error('Enough.'));
      return new Promise(() => {});
    };
    const { agent, paid } = payments({ needsApproval });
    const { outcome, typed } = await watched(agent.run('Go.', { signal: controller.signal }));
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
    expect(typed('approval.requested')).toEqual([]);
    expect(paid).toEqual([]);
  });
});

test('a run that is aborted while a person is asked ends as aborted, with the reason', async () => {
  const controller = new AbortController();
  const { agent, paid } = payments();
  const run = agent.run('Go.', { signal: controller.signal });
  run.on('approval.requested', () => controller.abort(new Error('Enough.')));
  const { outcome, typed } = await watched(run);
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  expect(typed('run.suspended')).toEqual([]);
  expect(paid).toEqual([]);
});

class UnaskableHost extends HostWrapper {
  override async start(record: RunRecord): Promise<StepRunner> {
    const durable = await super.start(record);
    const wait = () => Promise.reject(new HostError('The disk is full.', { code: 'test.full' }));
    return { ...durable, waitFor: wait };
  }
}

test('if the host cannot keep the question the run ends with its error, and nothing runs', async () => {
  const { agent, paid } = payments();
  const run = agent.run('Go.', { host: new UnaskableHost(memoryHost()) });
  await expect(run.outcome()).rejects.toMatchObject({ code: 'test.full' });
  expect(paid).toEqual([]);
});

describe('nobody is asked for a call that cannot run', () => {
  test('since its arguments are invalid', async () => {
    const { agent, paid } = payments({}, { to: 7 });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.status).toBe('completed');
    expect(resultOf(outcome)).toContain('to: expected string');
    expect(paid).toEqual([]);
  });

  test('since its tool is not among those of the turn', async () => {
    const { agent, paid } = payments({}, { middleware: [selectTools(() => [])] });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.status).toBe('completed');
    expect(resultOf(outcome)).toContain('pay');
    expect(paid).toEqual([]);
  });

  test('since the agent that resumes the run does not have its tool', async () => {
    const host = memoryHost();
    await payments().agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.fork('run', { before: 'check:1.0', runId: 'fork' });
    const outcome = await agentOf([]).resume('fork', { host, onVersionMismatch: 'continue' }).outcome();
    expect(outcome.status).toBe('completed');
    expect(resultOf(outcome)).toContain('pay');
  });
});

describe('whoever is asked is shown', () => {
  test('the call and nothing else, if its tool has no preview', async () => {
    const { outcome, typed } = await watched(payments().agent.run('Go.'));
    const pending = pendingOf(outcome);
    expect(Object.keys(pending).toSorted()).toEqual(
      ['accepts', 'call', 'definitionHash', 'fingerprint', 'id', 'input', 'reason'].toSorted(),
    );
    expect(typed('approval.requested')).toMatchObject([{ pending }]);
    expect(Object.keys(typed('approval.requested')[0] ?? {})).not.toContain('again');
    expect(typed('run.suspended')).toMatchObject([{ turn: 1, pending: ['approval:1.0'] }]);
    expect(typed('run.suspended')).toEqual([expect.not.objectContaining({ replayed: true })]);
  });

  test('the tool’s preview', async () => {
    const preview = (input: unknown, { context }: ToolContext) => ({ input, context }) as never;
    const { agent } = payments({ preview });
    expect(pendingOf(await agent.run('Go.', { context: 'Bob' } as never).outcome())).toMatchObject({
      preview: { input: { to: 'Ann' }, context: 'Bob' },
    });
  });

  test('why the preview failed', async () => {
    const preview = () => Promise.reject(new Error('No account.'));
    expect(pendingOf(await payments({ preview }).agent.run('Go.').outcome())).toMatchObject({
      preview: 'The preview failed: No account.',
    });
  });
});

/** A run that waits, and one answer to it. */
async function answered({ agent }: Pick<Payments, 'agent'>, answer: object, resuming: Agent = agent) {
  const host = memoryHost();
  const { id, fingerprint } = pendingOf(await agent.run('Go.', { host, runId: 'run' }).outcome());
  await host.answer('run', id, { fingerprint, ...answer } as Answer); // One of its forms.
  return watched(resuming.resume('run', { host, onVersionMismatch: 'continue' }));
}

describe('a call that is not run is skipped', () => {
  test('as denied, if a person denies it', async () => {
    const { typed } = await answered(payments(), { type: 'deny' });
    expect(typed('tool.skipped')).toMatchObject([{ reason: 'denied' }]);
  });

  test('as denied, if nobody answers in time', async () => {
    const clock = manualClock();
    const { agent } = payments({ approvalTimeoutMs: 100 }, { clock });
    const host = memoryHost({ clock });
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await clock.advance(100);
    const { typed } = await watched(agent.resume('run', { host }));
    expect(typed('tool.skipped')).toMatchObject([{ reason: 'denied' }]);
  });

  test('as cancelled, if the user writes meanwhile', async () => {
    const { agent } = payments();
    const host = memoryHost();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.sendMessage('run', { role: 'user', content: 'Forget it.' });
    const { typed } = await watched(agent.resume('run', { host }));
    expect(typed('tool.skipped')).toMatchObject([{ reason: 'cancelled' }]);
  });
});

test('an agent as a tool that waits is cancelled when the user writes', async () => {
  const host = memoryHost();
  const { agent: inner, paid } = payments();
  const pay = inner.asTool({ name: 'pay', description: 'Pays.' });
  const model = scriptedModel([respond.call('pay', { prompt: 'Go.' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'boss', model, tools: [pay] });
  await agent.run('Go.', { host, runId: 'run' }).outcome();
  await host.sendMessage('run', { role: 'user', content: 'Forget it.' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(resultOf(outcome)).toContain('the user wrote while this agent waited');
  expect(paid).toEqual([]);
});

test('the approval of an agent as a tool is not taken for that of a call inside it', async () => {
  const host = memoryHost();
  const { agent: inner, paid } = payments();
  const pay = inner.asTool({ name: 'pay', description: 'Pays.', needsApproval: true });
  const model = scriptedModel([respond.call('pay', { prompt: 'Go.' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'boss', model, tools: [pay] });
  const asked: string[] = [];
  let outcome: Outcome<unknown> = await agent.run('Go.', { host, runId: 'run' }).outcome();
  while (outcome.status === 'suspended' && asked.length < 3) {
    const { id, fingerprint } = pendingOf(outcome);
    asked.push(id);
    expect(paid).toEqual([]);
    await host.answer('run', id, { type: 'approve', fingerprint });
    outcome = await agent.resume('run', { host }).outcome();
  }
  expect(asked).toEqual(['approval:1.0', 'tool:1.0/approval:1.0']);
  expect(outcome.status).toBe('completed');
  expect(paid).toEqual(['Ann']);
});

test('an agent as a tool waits as long as what it waits for, whatever the time that its own approval has', async () => {
  const clock = manualClock();
  const host = memoryHost({ clock });
  const { agent: inner } = payments();
  const pay = inner.asTool({ name: 'pay', description: 'Pays.', approvalTimeoutMs: 100 });
  const model = scriptedModel([respond.call('pay', { prompt: 'Go.' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'boss', model, tools: [pay], clock });
  await agent.run('Go.', { host, runId: 'run' }).outcome();
  await clock.advance(200);
  const outcome = await agent.resume('run', { host }).outcome();
  expect(pendingOf(outcome)).toMatchObject({ id: 'tool:1.0/approval:1.0' });
});

/** A tool that somebody outside answers. */
function asking(options: object = {}) {
  const pay = tool({ name: 'pay', description: 'Pays.', input: z.object({ to: z.string() }), ...options } as never);
  return { agent: agentOf([pay]) };
}

describe('a result from outside', () => {
  const given = { type: 'result', value: { amount: 7 } };

  test('is read by its tool, with the input of the call', async () => {
    const parseExternalResult = (value: unknown, input: unknown) => ({ value, input });
    const { outcome } = await answered(asking({ parseExternalResult }), given);
    expect(resultOf(outcome)).toBe('{"value":{"amount":7},"input":{"to":"Ann"}}');
  });

  test('that its tool cannot read fails the call, and the model reads why', async () => {
    const parseExternalResult = () => {
      throw new Error(`Not an amount. ${'x'.repeat(100)}`);
    };
    const { outcome, typed } = await answered(asking({ parseExternalResult, maxResultLength: 60 }), given);
    expect(outcome.status).toBe('completed');
    expect(resultOf(outcome)).toMatch(/^Not an amount\. x/);
    expect(String(resultOf(outcome)).length).toBeLessThan(110);
    expect(typed('tool.failed')).toMatchObject([{ reason: 'threw', durationMs: 0, error: { name: 'Error' } }]);
  });

  test('stands as it is, if its tool is gone', async () => {
    const { outcome } = await answered(asking(), given, agentOf([]));
    expect(resultOf(outcome)).toBe('{"amount":7}');
  });
});
