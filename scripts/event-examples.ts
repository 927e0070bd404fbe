import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, memoryHost, type PendingCall, type Run, type RunEvent, ToolError, tool } from '@pawl/core';
import type { EventType } from '@pawl/core/events';
import { flow } from '@pawl/core/flow';
import { inputGuard, type TurnPlan } from '@pawl/core/middleware';
import { sqliteHost } from '@pawl/core/sqlite';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Runs small agents until every type of event was emitted, and returns the first event of each type. */
export async function collectEvents(): Promise<ReadonlyMap<EventType, RunEvent>> {
  const events = new Map<EventType, RunEvent>();
  const collect: Collect = (run) =>
    run.on('*', (event) => {
      if (!events.has(event.type)) events.set(event.type, event);
    });
  for (const scene of SCENES) await scene(collect);
  return events;
}

type Collect = <Output>(run: Run<Output>) => Run<Output>;
type Scene = (collect: Collect) => Promise<unknown>;

const input = z.object({ order: z.number() });
const findOrder = tool({
  name: 'find_order',
  description: 'Finds an order.',
  input,
  effect: 'read',
  execute: ({ order }, { reportProgress: progress }) => {
    progress({ searched: 1 });
    return { order, status: 'shipped' };
  },
});
const refund = tool({
  name: 'refund_order',
  description: 'Refunds an order.',
  input,
  needsApproval: ({ order }) => order > 5,
  approvalTimeoutMs: 60_000,
  execute: ({ order }) => `Order ${order} is refunded.`,
});
const find = respond.call('find_order', { order: 7 });
const done = respond.text('Order 7 is shipped.');

function createModel(script: Parameters<typeof scriptedModel>[0]): ReturnType<typeof scriptedModel> {
  return scriptedModel(script, { name: 'gpt-5-mini' });
}

function createBasics(): {
  readonly name: string;
  readonly clock: ReturnType<typeof manualClock>;
  readonly random: () => number;
} {
  return { name: 'support', clock: manualClock(), random: () => 0.5 };
}

/** A run that waits for the approval of a refund, and what is done then. */
async function suspend(
  collect: Collect,
  then: (scope: {
    host: ReturnType<typeof memoryHost>;
    pending: PendingCall;
    clock: ReturnType<typeof manualClock>;
  }) => unknown,
): Promise<void> {
  const { clock, ...rest } = createBasics();
  const host = memoryHost({ clock });
  const model = createModel(({ messages }) =>
    messages.length === 1 ? respond.call('refund_order', { order: 7 }) : respond.text('It is settled.'),
  );
  const agent = new Agent({ ...rest, clock, model, tools: [refund] });
  const outcome = await collect(agent.run('Refund order 7.', { host, runId: 'run-1' })).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error('The run waits for nothing.');
  await then({ host, pending, clock });
  await collect(agent.resume('run-1', { host })).outcome();
}

const SCENES: readonly Scene[] = [
  async function callTool(collect) {
    const thinking = { role: 'assistant', content: null, reasoning_content: 'The user wants an order.' } as const;
    const calls = [
      { id: 'call_1', type: 'function', function: { name: 'find_order', arguments: '{"order":7}' } },
    ] as const;
    const model = createModel([
      respond.cut(respond.text('Let me look.'), { afterChunks: 2 }),
      respond.message({ ...thinking, tool_calls: calls }),
      done,
    ]);
    const agent = new Agent({ ...createBasics(), model, tools: [findOrder], instructions: 'Be brief.' });
    await collect(agent.run('Where is order 7?', { stream: true, runId: 'run-1' }));
  },
  async function refuse(collect) {
    const agent = new Agent({ ...createBasics(), model: createModel([respond.refusal('I cannot help with that.')]) });
    await collect(agent.run('Help me steal.', { stream: true })).outcome();
  },
  async function repair(collect) {
    const listOrders = tool({ ...findOrder, name: 'list_orders', input: z.object({}), execute: () => [7] });
    const model = createModel([respond.call('list_orders', 'null'), done]);
    await collect(new Agent({ ...createBasics(), model, tools: [listOrders] }).run('Which orders are there?'));
  },
  async function checkOutput(collect) {
    const model = createModel([respond.text('{"status":7}'), respond.text('{"status":"shipped"}')]);
    const agent = new Agent({ ...createBasics(), model, output: z.object({ status: z.string() }) });
    await collect(agent.run('Where is order 7?', { stream: true }));
  },
  (collect) =>
    suspend(collect, ({ host, pending: { id, fingerprint } }) =>
      host.answer('run-1', id, { type: 'approve', fingerprint }),
    ),
  (collect) => suspend(collect, ({ clock }) => clock.advance(60_001)),
  (collect) => suspend(collect, ({ host }) => host.sendMessage('run-1', { role: 'user', content: 'Never mind.' })),
  async function needNoApproval(collect) {
    const model = createModel([respond.call('refund_order', { order: 3 }), done]);
    await collect(new Agent({ ...createBasics(), model, tools: [refund] }).run('Refund order 3.'));
  },
  async function fail(collect) {
    const broken = tool({
      ...findOrder,
      input,
      execute: ({ order }) => {
        throw new ToolError(`There is no order ${order}.`);
      },
    });
    await collect(
      new Agent({ ...createBasics(), model: createModel(() => find), tools: [broken] }).run('Where?'),
    ).outcome();
  },
  async function suspendInside(collect) {
    const inner = new Agent({
      ...createBasics(),
      name: 'refunds',
      model: createModel([respond.call('refund_order', { order: 7 })]),
      tools: [refund],
    });
    const tools = [inner.asTool({ name: 'ask_refunds', description: 'Refunds orders.' })];
    const model = createModel([respond.call('ask_refunds', { prompt: 'Refund order 7.' })]);
    await collect(
      new Agent({ ...createBasics(), model, tools }).run('Refund order 7.', { host: memoryHost(), runId: 'run-1' }),
    ).outcome();
  },
  async function finishLate(collect) {
    const clock = manualClock();
    const late = Promise.withResolvers<string>();
    const isReported = Promise.withResolvers<void>();
    const slow = tool({
      ...findOrder,
      input,
      timeoutMs: 1_000,
      execute: () => {
        void clock.advance(1_001);
        return late.promise;
      },
    });
    const model = createModel(({ messages }) => {
      if (messages.length === 1) return find;
      late.resolve('shipped');
      return respond.delayed(done, { until: isReported.promise });
    });
    const run = new Agent({ ...createBasics(), clock, model, tools: [slow] }).run('Where is order 7?');
    await collect(run).on('tool.late_result', () => isReported.resolve());
  },
  async function steer(collect) {
    const model = createModel(({ messages }) => (messages.length === 1 ? find : done));
    const run = new Agent({ ...createBasics(), model, tools: [findOrder] }).run('Where is order 7?');
    run.on('tool.started', () => void run.steer('And be brief, please.'));
    await collect(run);
  },
  async function handOver(collect) {
    const billing = new Agent({
      ...createBasics(),
      name: 'billing',
      model: createModel([respond.text('It is paid.')]),
    });
    const model = createModel([respond.call('transfer_to_billing', { reason: 'A bill.' })]);
    await collect(new Agent({ ...createBasics(), model, handoffs: [billing] }).run('Is bill 7 paid?'));
  },
  async function approachLimit(collect) {
    const model = createModel(({ tool_choice }) => (tool_choice === 'none' ? done : find));
    const agent = new Agent({ ...createBasics(), model, tools: [findOrder], limits: { turns: 2 } });
    await collect(agent.run('Where is order 7?')).outcome();
  },
  async function exceedLimit(collect) {
    const agent = new Agent({ ...createBasics(), model: createModel([done]), limits: { tokens: 1 } });
    await collect(agent.run('Where is order 7?')).outcome();
  },
  async function breakListener(collect) {
    const run = new Agent({ ...createBasics(), model: createModel([done]) }).run('Where is order 7?');
    run.on('run.started', () => {
      throw new Error('The log is full.');
    });
    await collect(run);
  },
  async function failModel(collect) {
    const agent = new Agent({ ...createBasics(), model: createModel([respond.httpError(400)]) });
    await collect(agent.run('Where is order 7?')).outcome();
  },
  async function abort(collect) {
    const run = new Agent({ ...createBasics(), model: createModel([respond.stall(done)]) }).run('Where is order 7?');
    run.on('attempt.started', () => run.abort('The user left.'));
    await collect(run).outcome();
  },
  async function prepareTurn(collect) {
    const middleware = [{ prepareTurn: (turn: TurnPlan) => ({ ...turn, memory: { visits: 1 } }) }];
    await collect(new Agent({ ...createBasics(), model: createModel([done]), middleware }).run('Where is order 7?'));
  },
  async function guard(collect) {
    const manners = inputGuard({
      name: 'manners',
      mode: 'blocking',
      check: () => ({ type: 'refuse', reason: 'We do not help with that.' }),
    });
    await collect(
      new Agent({ ...createBasics(), model: createModel([done]), middleware: [manners] }).run('Help me.'),
    ).outcome();
  },
  async function loseRequest(collect) {
    const folder = mkdtempSync(join(tmpdir(), 'pawl-events-'));
    const options = { ...createBasics(), limits: { cost: 1 } };
    const clock = manualClock();
    const first = sqliteHost(join(folder, 'runs.db'), { clock });
    const run = new Agent({ ...options, model: createModel([respond.stall(done)]) }).run('Where?', {
      host: first,
      runId: 'run-1',
    });
    const isAsked = new Promise((resolve) => run.on('attempt.started', resolve));
    run.outcome().catch(() => undefined); // It is left to the next host.
    await isAsked;
    const isClosed = first.close({ graceMs: 1 });
    await clock.advance(2);
    await isClosed;
    const second = sqliteHost(join(folder, 'runs.db'));
    await collect(new Agent({ ...options, model: createModel([done]) }).resume('run-1', { host: second }));
    await second.close();
    rmSync(folder, { recursive: true });
  },
  async function runFlow(collect) {
    const model = createModel([done]);
    const agent = new Agent({ ...createBasics(), model });
    const summary = flow({
      name: 'summary',
      clock: manualClock(),
      run: async (question: string, { run, step }) => {
        const { output } = await run(agent, question, { step: 'ask' });
        await step('broken', () => Promise.reject(new Error('No printer.'))).catch(() => undefined);
        return output;
      },
    });
    await collect(summary.run('Where is order 7?', { runId: 'run-1' }));
  },
];
