import { setImmediate } from 'node:timers/promises';
import { Agent, type AgentOptions, type Outcome, type Tool, tool } from '@pawl/core';
import { inputGuard, toolGuard, toolSearch } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const CALLS = [0, 1, 2, 3] as const;
const ORDERS = permutations(CALLS);

describe.each([
  { width: 1, exclusive: false },
  { width: 2, exclusive: false },
  { width: 8, exclusive: false },
  { width: 2, exclusive: true },
  { width: 8, exclusive: true },
])('at most $width side by side, with an exclusive call: $exclusive', ({ width, exclusive }) => {
  test('calls that finish in any order give the same history', async () => {
    for (const order of ORDERS) {
      const { outcome, most, besideSecond } = await played(order, { width, exclusive });
      expect({ order, outcome }).toEqual({ order, outcome: expected });
      expect(most).toBeLessThanOrEqual(width);
      if (exclusive) expect(besideSecond).toBe(0);
    }
  });

  test('as many calls run side by side as may', async () => {
    const { most } = await played(CALLS, { width, exclusive });
    expect(most).toBe(Math.min(width, exclusive ? 2 : 4));
  });
});

interface Played {
  readonly outcome: Outcome;
  /** How many calls ran side by side. */
  readonly most: number;
  /** How many ran beside the call of the second tool. */
  readonly besideSecond: number;
}

async function played(
  order: readonly number[],
  { width, exclusive }: { readonly width: number; readonly exclusive: boolean },
): Promise<Played> {
  const gates = CALLS.map(() => Promise.withResolvers<void>());
  const running = new Set<number>();
  const seen = { most: 0, besideSecond: 0 };
  const work = async ({ at }: { readonly at: number }): Promise<string> => {
    running.add(at);
    seen.most = Math.max(seen.most, running.size);
    if (running.has(1)) seen.besideSecond = Math.max(seen.besideSecond, running.size - 1);
    await gates[at]?.promise;
    running.delete(at);
    return `Result ${at}.`;
  };
  const agent = new Agent({
    model: scriptedModel([
      respond.calls(CALLS.map((at) => ({ name: at === 1 ? 'second' : 'other', arguments: { at } }))),
      respond.text('Done.'),
    ]),
    tools: [worker('other', { work, exclusive: false }), worker('second', { work, exclusive })],
    maxParallelToolCalls: width,
    clock: manualClock(),
  });
  const run = agent.run('Go.', { runId: 'run' });
  await setImmediate();
  for (const at of order) {
    gates[at]?.resolve();
    await setImmediate();
  }
  return { outcome: await run.outcome(), ...seen };
}

type Wait = (at: number) => Promise<void>;

interface Setting {
  readonly name: string;
  /** Stands in place of the second call. */
  readonly second?: { readonly name: string; readonly arguments: { readonly query?: string } };
  readonly agent: (wait: Wait) => Partial<AgentOptions<unknown, string>>;
  /** What the second call gives. */
  readonly gives: string;
}

function gated(name: string, wait: Wait): Tool<unknown> {
  return worker(name, { exclusive: false, work: ({ at }) => wait(at).then(() => `Result ${at}.`) });
}

const settings: readonly Setting[] = [
  {
    name: 'guards that take their time',
    gives: 'Denied: not there.',
    agent: (wait) => ({
      tools: [gated('other', async () => undefined)],
      middleware: [
        inputGuard({ name: 'beside', check: () => ({ type: 'allow' }) }),
        toolGuard({
          name: 'slow',
          async before({ input }) {
            const at = Number(Object(input).at);
            await wait(at);
            return at === 1 ? { type: 'deny', reason: 'not there.' } : { type: 'allow' };
          },
        }),
      ],
    }),
  },
  {
    name: 'a search for tools beside calls',
    second: { name: 'search_tools', arguments: { query: 'hidden' } },
    gives: 'hidden',
    agent(wait) {
      const search = toolSearch([gated('other', wait), gated('hidden', wait)], { threshold: 1, always: ['other'] });
      return { tools: search.tools, middleware: [search] };
    },
  },
  {
    name: 'a hand-off beside calls',
    second: { name: 'transfer_to_next', arguments: {} },
    gives: 'next',
    agent: (wait) => ({
      tools: [gated('other', wait)],
      handoffs: [new Agent({ name: 'next', model: scriptedModel([respond.text('Next.')]) })],
    }),
  },
];

describe.each(settings)('$name', ({ second, agent, gives }) => {
  async function told(order: readonly number[]) {
    const gates = CALLS.map(() => Promise.withResolvers<void>());
    const calls = CALLS.map((at) => (at === 1 && second ? second : { name: 'other', arguments: { at } }));
    const run = new Agent({
      model: scriptedModel([respond.calls(calls), respond.text('Done.')]),
      clock: manualClock(),
      ...agent(async (at) => gates[at]?.promise),
    }).run('Go.', { runId: 'run' });
    await setImmediate();
    for (const at of order) {
      gates[at]?.resolve();
      await setImmediate();
    }
    return run.outcome();
  }

  test('steps that finish in any order give the same run', async () => {
    const first = await told(CALLS);
    expect(first.status).toBe('completed');
    const results = first.messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
    expect(results).toEqual(['Result 0.', expect.stringContaining(gives), 'Result 2.', 'Result 3.']);
    for (const order of ORDERS) expect({ order, outcome: await told(order) }).toEqual({ order, outcome: first });
  });
});

interface WorkerOptions {
  readonly work: (input: { readonly at: number }) => Promise<string>;
  readonly exclusive: boolean;
}

function worker(name: string, { work, exclusive }: WorkerOptions): Tool<unknown> {
  return tool({ name, description: 'Works.', input: z.object({ at: z.number() }), exclusive, execute: work });
}

function permutations<T>(values: readonly T[]): readonly (readonly T[])[] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, index) => permutations(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}

const expected: Outcome = {
  status: 'completed',
  output: 'Done.',
  text: 'Done.',
  runId: 'run',
  agent: 'agent',
  messages: [
    { role: 'user', content: 'Go.' },
    {
      role: 'assistant',
      content: null,
      tool_calls: CALLS.map((at) => ({
        id: `call_${at + 1}`,
        type: 'function',
        function: { name: at === 1 ? 'second' : 'other', arguments: `{"at":${at}}` },
      })),
    },
    ...CALLS.map((at) => ({ role: 'tool' as const, tool_call_id: `call_${at + 1}`, content: `Result ${at}.` })),
    { role: 'assistant', content: 'Done.' },
  ],
  usage: expect.objectContaining({ requests: 2, estimated: false }),
  turnCount: 2,
  toolCallCount: 4,
  durationMs: 0,
};
