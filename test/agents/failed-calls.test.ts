import { Agent, type Host, type JsonObject, memoryHost, type Outcome, type Tool, ToolError, tool } from '@pawl/core';
import { type Middleware, toolGuard } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

interface Failing {
  /** The tool's own name, unless the model calls another one. */
  readonly called?: string;
  readonly arguments?: (call: number) => string | JsonObject;
  readonly execute?: () => unknown;
  readonly middleware?: readonly Middleware[];
  readonly timeoutMs?: number;
}

const input = z.object({ n: z.number() });
const throwing = (error: unknown) => (): never => {
  throw error;
};

/** Each way in which a call can fail, all of which count. */
const WAYS: Readonly<Record<string, Failing>> = {
  'throws an error': { execute: throwing(new Error('It broke.')) },
  'throws a ToolError': { execute: throwing(new ToolError('Not so.')) },
  'throws something else': { execute: throwing('no error') },
  'outlives its deadline': { execute: () => new Promise(() => {}), timeoutMs: 1 },
  'returns a value that cannot be serialized': { execute: () => ({ toJSON: throwing(new Error('No JSON.')) }) },
  'is denied by a guard': {
    middleware: [toolGuard({ name: 'no', before: () => ({ type: 'deny', reason: 'not that.' }) })],
  },
  'is kept back by a guard': {
    middleware: [toolGuard({ name: 'no', after: () => ({ type: 'deny', reason: 'not that.' }) })],
  },
  'has arguments of another form': { arguments: (call) => ({ n: `${call}` }) },
  'has arguments that are no JSON': { arguments: (call) => `{"n": ${call}` },
  'is of an unknown tool': { called: 'stranger' },
};

/** An agent that asks one inside, whose calls all fail, and which never gives up by itself. */
function around(
  { called = 'fail', arguments: given = (n) => ({ n }), execute = () => 'fine', middleware = [], ...rest }: Failing,
  more: Partial<Tool<unknown>> = {},
) {
  const model = scriptedModel(({ messages, tool_choice: choice }) => {
    const made = messages.filter(({ role }) => role === 'tool').length;
    if (choice === 'none' || made >= 8) return respond.text(`Called ${made} times.`);
    return respond.call(called, given(made));
  });
  const fail = {
    ...tool({ name: 'fail', description: 'Fails.', input, maxInputRetries: 20, execute, ...rest }),
    ...more,
  };
  const inner = new Agent({
    name: 'inner',
    model,
    tools: [fail],
    middleware: [...middleware],
    clock: manualClock({ sleeps: 'at-once' }),
  });
  const outer = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('help', { prompt: 'Help.' }),
  );
  const tools = [inner.asTool({ name: 'help', description: 'Helps.' })];
  return new Agent({ name: 'outer', model: outer, tools, limits: { toolCalls: 3 } });
}

const OVER = /It reached its limit: toolCalls/;

test.each(Object.entries(WAYS))('a call that %s is charged to the budget that the agents share', async (_, way) => {
  const outcome = await around(way).run('Go.').outcome();
  // The agent's own call is one of the three.
  expect(outcome).toMatchObject({ status: 'completed', toolCallCount: 3 });
  expect(outcome.messages[2]?.content).toMatch(OVER);
});

async function answered(agent: Agent, host: Host, type: 'approve' | 'deny'): Promise<Outcome> {
  let outcome = await agent.run('Go.', { host, runId: 'r' }).outcome();
  for (let round = 0; outcome.status === 'suspended' && round < 12; round++) {
    for (const { id, fingerprint } of outcome.pending) await host.answer('r', id, { type, fingerprint });
    outcome = await agent.resume('r', { host }).outcome();
  }
  return outcome;
}

describe.each(hosts)('on $name,', ({ open }) => {
  test('charges failed calls of an earlier attempt', async () => {
    const agent = around(WAYS['throws an error'] ?? {}, { needsApproval: true });
    const outcome = await answered(agent, open(), 'approve');
    expect(outcome).toMatchObject({ status: 'completed', toolCallCount: 3 });
    expect(outcome.messages[2]?.content).toMatch(OVER);
  });
});

test('does not charge a denied call', async () => {
  const outcome = await answered(around({}, { needsApproval: true }), memoryHost(), 'deny');
  expect(outcome).toMatchObject({ status: 'completed', toolCallCount: 1 });
  expect(outcome.messages[2]?.content).toBe('Called 8 times.');
});

test('keeps parallel agents with failing calls within their common limit', async () => {
  let runs = 0;
  const fail = tool({
    name: 'fail',
    description: 'Fails.',
    input,
    execute: () => {
      runs++;
      throw new Error('It broke.');
    },
  });
  const model = scriptedModel(({ messages, tool_choice: choice }) => {
    const made = messages.filter(({ role }) => role === 'tool').length;
    return made < 5 && choice !== 'none' ? respond.call('fail', { n: made }) : respond.text('Enough.');
  });
  const help = new Agent({ name: 'inner', model, tools: [fail] }).asTool({ name: 'help', description: 'Helps.' });
  const calls = [1, 2, 3].map(() => ({ name: 'help', arguments: { prompt: 'Help.' } }));
  const outer = scriptedModel([respond.calls(calls), respond.text('Done.')]);
  const outcome = await new Agent({ model: outer, tools: [help], limits: { toolCalls: 8 } }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', toolCallCount: 8 });
  expect(runs).toBe(5);
});
