import { setImmediate } from 'node:timers/promises';
import { Agent, type AgentOptions, type Outcome, type Tool, tool } from '@pawl/core';
import { inputGuard, toolGuard, toolSearch } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listPermutations } from '../loop/random.ts';

const CALLS = [0, 1, 2, 3] as const;
const ORDERS = listPermutations(CALLS);

describe.each([
  { width: 1, exclusive: false },
  { width: 2, exclusive: false },
  { width: 8, exclusive: false },
  { width: 2, exclusive: true },
  { width: 8, exclusive: true },
])('at most $width calls in parallel, with an exclusive call: $exclusive', ({ width, exclusive }) => {
  test('has the same history, in whatever order parallel calls finish', async () => {
    for (const order of ORDERS) {
      const { outcome, most, besideSecond } = await play(order, { width, exclusive });
      expect({ order, outcome }).toEqual({ order, outcome: expected });
      expect(most).toBeLessThanOrEqual(width);
      if (exclusive) expect(besideSecond).toBe(0);
    }
  });

  test('runs as many calls in parallel as allowed', async () => {
    const { most } = await play(CALLS, { width, exclusive });
    expect(most).toBe(Math.min(width, exclusive ? 2 : 4));
  });
});

interface PlayedRun {
  readonly outcome: Outcome;
  /** The maximum number of parallel calls. */
  readonly most: number;
  /** The maximum number of calls in parallel with the second tool. */
  readonly besideSecond: number;
}

async function play(
  order: readonly number[],
  { width, exclusive }: { readonly width: number; readonly exclusive: boolean },
): Promise<PlayedRun> {
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
    tools: [createWorkerTool('other', { work, exclusive: false }), createWorkerTool('second', { work, exclusive })],
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

interface LatencySetting {
  readonly name: string;
  /** Replaces the second call. */
  readonly second?: { readonly name: string; readonly arguments: { readonly query?: string } };
  readonly agent: (wait: Wait) => Partial<AgentOptions<unknown, string>>;
  /** The result of the second call. */
  readonly gives: string;
}

function createGatedTool(name: string, wait: Wait): Tool<unknown> {
  return createWorkerTool(name, { exclusive: false, work: ({ at }) => wait(at).then(() => `Result ${at}.`) });
}

const latencySettings: readonly LatencySetting[] = [
  {
    name: 'slow guards',
    gives: 'Denied: not there.',
    agent: (wait) => ({
      tools: [createGatedTool('other', async () => undefined)],
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
    name: 'a tool search in parallel with calls',
    second: { name: 'search_tools', arguments: { query: 'hidden' } },
    gives: 'hidden',
    agent(wait) {
      const search = toolSearch([createGatedTool('other', wait), createGatedTool('hidden', wait)], {
        threshold: 1,
        always: ['other'],
      });
      return { tools: search.tools, middleware: [search] };
    },
  },
  {
    name: 'a handoff in parallel with calls',
    second: { name: 'transfer_to_next', arguments: {} },
    gives: 'next',
    agent: (wait) => ({
      tools: [createGatedTool('other', wait)],
      handoffs: [new Agent({ name: 'next', model: scriptedModel([respond.text('Next.')]) })],
    }),
  },
];

describe.each(latencySettings)('$name', ({ second, agent, gives }) => {
  async function runInOrder(order: readonly number[]) {
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

  test('gives the same run, in whatever order steps finish', async () => {
    const first = await runInOrder(CALLS);
    expect(first.status).toBe('completed');
    const results = first.messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
    expect(results).toEqual(['Result 0.', expect.stringContaining(gives), 'Result 2.', 'Result 3.']);
    for (const order of ORDERS) expect({ order, outcome: await runInOrder(order) }).toEqual({ order, outcome: first });
  });
});

interface WorkerOptions {
  readonly work: (input: { readonly at: number }) => Promise<string>;
  readonly exclusive: boolean;
}

function createWorkerTool(name: string, { work, exclusive }: WorkerOptions): Tool<unknown> {
  return tool({ name, description: 'Works.', input: z.object({ at: z.number() }), exclusive, execute: work });
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
  usageBy: [
    expect.objectContaining({ agent: 'agent', turnCount: 2 }),
    expect.objectContaining({ agent: 'agent', tool: 'other', toolCallCount: 3 }),
    expect.objectContaining({ agent: 'agent', tool: 'second', toolCallCount: 1 }),
  ],
  turnCount: 2,
  toolCallCount: 4,
  durationMs: 0,
};
