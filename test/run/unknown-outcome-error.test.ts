import {
  Agent,
  type Host,
  type Outcome,
  type PendingCall,
  type RunEvent,
  type Tool,
  type ToolOptions,
  tool,
  UnknownOutcomeError,
} from '@pawl/core';
import { type Middleware, withToolRetry } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const BROKEN = 'The bank closed the connection.';
const WARNING = 'The outcome of this call is unknown. It may have had its effect. Check before you repeat it.';

type PayOptions = Partial<ToolOptions<{ readonly amount: number }>>;

/** A tool whose connection breaks after the request was sent. `keys` has the idempotency key of each execution. */
function definePay(options: PayOptions = {}): { readonly pay: Tool<unknown>; readonly keys: string[] } {
  const keys: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ amount: z.number() }),
    execute: (_, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      throw new UnknownOutcomeError(BROKEN);
    },
    ...options,
  });
  return { pay, keys };
}

function createPayer(pay: Tool<unknown>, middleware: readonly Middleware[] = []): Agent {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { amount: 5 }),
  );
  return new Agent({ model, tools: [pay], middleware });
}

function getPending(outcome: Outcome): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, not suspended.`);
  return pending;
}

async function runWithEvents(
  agent: Agent,
): Promise<{ readonly outcome: Outcome; readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = [];
  const outcome = await agent
    .run('Pay.')
    .on('*', (event) => void events.push(event))
    .outcome();
  return { outcome, events };
}

test('a call whose tool throws UnknownOutcomeError fails as unknown_outcome, and the model reads the message and a warning', async () => {
  const { pay } = definePay();
  const { outcome, events } = await runWithEvents(createPayer(pay));
  expect(outcome.messages[2]).toMatchObject({ role: 'tool', content: `${BROKEN}\n${WARNING}` });
  expect(events.find(({ type }) => type === 'tool.failed')).toMatchObject({
    reason: 'unknown_outcome',
    error: { name: 'UnknownOutcomeError', message: BROKEN, code: 'tool.unknown_outcome' },
  });
});

test('onUnknownOutcome returns the result of a call whose tool throws UnknownOutcomeError', async () => {
  const checked: string[] = [];
  const { pay, keys } = definePay({
    onUnknownOutcome: ({ amount }, { idempotencyKey }) => {
      checked.push(idempotencyKey);
      return `${amount} were paid`;
    },
  });
  const { outcome, events } = await runWithEvents(createPayer(pay));
  expect(outcome.messages[2]).toMatchObject({ content: '5 were paid' });
  expect(checked).toEqual(keys);
  expect(events.filter(({ type }) => type === 'tool.finished')).toHaveLength(1);
});

test('a check that throws UnknownOutcomeError as well is not repeated', async () => {
  let checks = 0;
  const { pay } = definePay({
    onUnknownOutcome: () => {
      checks++;
      throw new UnknownOutcomeError('The bank does not answer.');
    },
  });
  const { outcome } = await runWithEvents(createPayer(pay));
  expect(checks).toBe(1);
  expect(outcome.messages[2]).toMatchObject({ content: `The bank does not answer.\n${WARNING}` });
});

test('withToolRetry does not repeat a call whose outcome is unknown', async () => {
  const { pay, keys } = definePay({ effect: 'idempotent' });
  const [retried] = withToolRetry([pay], { delayMs: 0, shouldRetry: () => true });
  if (retried === undefined) throw new Error('withToolRetry returned no tool.');
  const { outcome } = await runWithEvents(createPayer(retried));
  expect(keys).toHaveLength(1);
  expect(outcome.messages[2]).toMatchObject({ content: `${BROKEN}\n${WARNING}` });
});

test('UnknownOutcomeError of middleware around an agent as a tool is an unknown outcome', async () => {
  const helper = new Agent({ name: 'helper', model: scriptedModel([respond.text('Helped.')]) });
  const middleware: Middleware = {
    wrapToolCall: async (call, next) => {
      await next(call);
      throw new UnknownOutcomeError(BROKEN);
    },
  };
  const agent = new Agent({
    model: scriptedModel([respond.call('help', { prompt: 'Help.' }), respond.text('Done.')]),
    tools: [helper.asTool({ name: 'help', description: 'Helps.' })],
    middleware: [middleware],
  });
  const { events } = await runWithEvents(agent);
  expect(events.find(({ type, path }) => type === 'tool.failed' && path === '')).toMatchObject({
    reason: 'unknown_outcome',
  });
});

describe.each(hosts)("onUnknownOutcome: 'ask', on $name", ({ open }) => {
  async function suspend(host: Host, options: PayOptions = {}) {
    const { pay, keys } = definePay({ onUnknownOutcome: 'ask', ...options });
    const agent = createPayer(pay);
    const outcome = await agent.run('Pay.', { host, runId: 'run' }).outcome();
    return { agent, keys, outcome, pending: getPending(outcome) };
  }

  test('asks a person about a call whose tool throws UnknownOutcomeError, and shows its message', async () => {
    const { outcome, pending } = await suspend(open());
    expect(pending).toMatchObject({
      id: 'unknown_outcome:1.0:1',
      reason: 'unknown_outcome',
      accepts: ['approve', 'result', 'deny'],
      preview: BROKEN,
    });
    expect(outcome.messages[2]).toMatchObject({
      content: 'Pending: the outcome of this call is unknown. It may have had its effect. It waits for a decision.',
    });
    expect(checkHistory(outcome.messages)).toEqual([]);
  });

  test("shows the tool's own preview if it has one", async () => {
    const { pending } = await suspend(open(), { preview: ({ amount }) => `pay ${amount}` });
    expect(pending.preview).toBe('pay 5');
  });

  test('runs the call again if it is approved, and asks again if its outcome is unknown again', async () => {
    const host = open();
    const { agent, keys, pending } = await suspend(host);
    await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
    const second = getPending(await agent.resume('run', { host }).outcome());
    expect(second.id).toBe('unknown_outcome:1.0:2');
    await host.answer('run', second.id, { type: 'deny', fingerprint: second.fingerprint });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome.messages[2]).toMatchObject({
      content: 'The outcome of this call is unknown. A person decided not to run it again.',
    });
    expect(keys).toEqual(['run/tool:1.0:pay', 'run/tool:1.0:pay']);
  });
});

test.each(hosts)('a crash during the check runs the check again, on $name', async ({ open }) => {
  const host = new FaultyHost(open(), { at: 3, moment: 'within' });
  let checks = 0;
  const { pay, keys } = definePay({ onUnknownOutcome: () => `check ${++checks}` });
  const agent = createPayer(pay);
  await agent
    .run('Pay.', { host, runId: 'run' })
    .outcome()
    .catch(() => undefined);
  const outcome = await agent.resume('run', { host }).outcome();
  expect(keys).toHaveLength(1);
  expect(outcome.messages[2]).toMatchObject({ content: 'check 2' });
});
