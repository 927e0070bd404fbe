import { Agent, memoryHost, type ToolContext, tool } from '@pawl/core';
import { requireApproval } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Shop {
  readonly user: string;
}

/** Copies a tool context without its functions. */
/** Only `execute` may run agents and change the state. */
function copyContext({ reportProgress: _, onRunEnd: __, run: ___, state, ...context }: ToolContext<Shop>): object {
  return { ...context, state: state.value, signal: context.signal.aborted };
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const input = z.object({ amount: z.number() });

/** Creates a tool whose functions record their contexts. */
function createRecordingTool(contexts: Record<string, object>) {
  return tool({
    name: 'pay',
    description: 'Pays.',
    input,
    needsApproval: (_, context: ToolContext<Shop>) => {
      contexts['needsApproval'] = copyContext(context);
      return context.context.user !== 'root';
    },
    preview: ({ amount }, context) => {
      contexts['preview'] = copyContext(context);
      return `${amount} for ${context.context.user}`;
    },
    execute: ({ amount }, context) => {
      contexts['execute'] = copyContext(context);
      return `Paid ${amount}.`;
    },
  });
}

test('passes the context of execute to needsApproval and preview', async () => {
  const contexts: Record<string, object> = {};
  const host = memoryHost();
  const rule: Record<string, object> = {};
  const tools = requireApproval([createRecordingTool(contexts)], (_, context) => {
    rule['when'] = copyContext(context);
    return true;
  });
  const model = scriptedModel([
    respond.calls([{ name: 'pay', arguments: { amount: 5 }, id: 'call_pay' }]),
    respond.text('Done.'),
  ]);
  const agent = new Agent({ model, tools });
  const options = { host, traceparent, context: { user: 'ada' } };
  const outcome = await agent.run('Pay.', { ...options, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  expect(pending?.preview).toBe('5 for ada');
  await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
  await agent.resume('run', options);
  const same = {
    context: { user: 'ada' },
    toolCallId: 'call_pay',
    idempotencyKey: 'run/tool:1.0:pay',
    runId: 'run',
    path: '',
    traceparent,
    signal: false,
  };
  expect(contexts).toEqual({ needsApproval: same, preview: same, execute: same });
});

test('passes the context of execute to a rule, also for a tool inside an agent as a tool', async () => {
  const contexts: Record<string, object> = {};
  const open = tool({
    name: 'pay',
    description: 'Pays.',
    input,
    execute: (_, context: ToolContext<Shop>) => {
      contexts['execute'] = copyContext(context);
    },
  });
  const tools = requireApproval([open], ({ input: given }, context) => {
    contexts['when'] = { ...copyContext(context), given };
    return false;
  });
  const inner = new Agent({
    name: 'inner',
    model: scriptedModel([
      respond.calls([{ name: 'pay', arguments: { amount: 5 }, id: 'call_pay' }]),
      respond.text('Paid.'),
    ]),
    tools,
  });
  const model = scriptedModel([respond.call('ask', { prompt: 'Pay.' }), respond.text('Done.')]);
  const outer = new Agent({ model, tools: [inner.asTool({ name: 'ask', description: 'Asks.' })] });
  await outer.run('Go.', { runId: 'run', context: { user: 'ada' } });
  const same = {
    context: { user: 'ada' },
    toolCallId: 'call_pay',
    idempotencyKey: 'run/tool:1.0/tool:1.0:pay',
    runId: 'run',
    path: 'tool:1.0',
    traceparent: undefined,
    signal: false,
  };
  expect(contexts).toEqual({ when: { ...same, given: { amount: 5 } }, execute: same });
});

test('passes the same context to the approval rule of a handoff', async () => {
  const contexts: Record<string, object> = {};
  const billing = new Agent({
    name: 'billing',
    model: scriptedModel([respond.text('Paid.')]),
    instructions: ({ user }: Shop) => user,
  });
  const needsApproval = (_: unknown, context: ToolContext<Shop>): boolean => {
    contexts['needsApproval'] = copyContext(context);
    return false;
  };
  const desk = new Agent({
    name: 'desk',
    model: scriptedModel([respond.calls([{ name: 'transfer_to_billing', id: 'call_over' }])]),
    handoffs: [billing.asHandoff({ needsApproval })],
  });
  const { output } = await desk.run('Pay.', { runId: 'run', context: { user: 'ada' } });
  expect(output).toBe('Paid.');
  expect(contexts['needsApproval']).toMatchObject({ context: { user: 'ada' }, toolCallId: 'call_over', runId: 'run' });
});

test('passes the signal of the run, and emits progress', async () => {
  const controller = new AbortController();
  const progressEvents: unknown[] = [];
  let signal: AbortSignal | undefined;
  const slow = tool({
    name: 'pay',
    description: 'Pays.',
    input,
    needsApproval: (_, context) => {
      signal = context.signal;
      context.reportProgress({ asking: 'the bank' });
      controller.abort(new Error('Enough.'));
      return new Promise<never>(() => undefined);
    },
    execute: () => 'Paid.',
  });
  const agent = new Agent({ model: scriptedModel([respond.call('pay', { amount: 5 })]), tools: [slow] });
  const run = agent.run('Pay.', { signal: controller.signal });
  run.on('tool.progress', ({ progress }) => progressEvents.push(progress));
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  expect(signal?.aborted).toBe(true);
  expect(progressEvents).toEqual([{ asking: 'the bank' }]);
});
