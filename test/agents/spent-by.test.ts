import { Agent, type Outcome, tool } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sumUsage } from '../sum-usage.ts';

const price = { input: 10, output: 10 };
const used = (tokens: number) => ({ prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens });

function helper(tokens: number) {
  const model = { ...scriptedModel([respond.text('Found.', { usage: used(tokens) })]), price };
  return new Agent({ name: 'helper', model }).asTool({ name: 'research', description: 'Researches.' });
}

function spentBy(outcome: Outcome): unknown {
  if (outcome.status !== 'limited') throw new Error(`It ended as ${outcome.status}.`);
  const { limit, spent } = outcome;
  return { limit, spent, by: outcome.spentBy };
}

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });

const asking: readonly ScriptedModelResponse[] = [
  respond.calls(
    [
      { name: 'research', arguments: { prompt: 'All.' } },
      { name: 'look', arguments: {} },
    ],
    { usage: used(100) },
  ),
  respond.text('Never asked.'),
];

test.each([
  [
    { tokens: 400 },
    {
      limit: 'tokens',
      spent: 400,
      by: [
        ['research', 300],
        [undefined, 100],
      ],
    },
  ],
  [
    { cost: 0.004 },
    {
      limit: 'cost',
      spent: 0.004,
      by: [
        ['research', 0.003],
        [undefined, 0.001],
      ],
    },
  ],
])('lists who spent the limit %j, by agent and tool', async (limits, { limit, spent, by }) => {
  const model = { ...scriptedModel(asking), price };
  const agent = new Agent({ name: 'lead', model, tools: [helper(300), look], limits });
  expect(spentBy(await agent.run('Go.').outcome())).toEqual({
    limit,
    spent,
    by: by.map(([tool, spent]) => ({ agent: 'lead', ...(tool === undefined ? {} : { tool }), spent })),
  });
});

test('counts calls by tool and requests by agent', async () => {
  const calls = respond.calls([
    { name: 'look', arguments: {} },
    { name: 'look', arguments: {} },
  ]);
  const agent = () =>
    new Agent({ name: 'lead', model: scriptedModel([calls, calls, respond.text('Done.')]), tools: [look] });
  expect(
    spentBy(
      await agent()
        .run('Go.', { limits: { toolCalls: 3 } })
        .outcome(),
    ),
  ).toEqual({
    limit: 'toolCalls',
    spent: 2,
    by: [{ agent: 'lead', tool: 'look', spent: 2 }],
  });
  expect(
    spentBy(
      await agent()
        .run('Go.', { limits: { turns: 2 } })
        .outcome(),
    ),
  ).toEqual({
    limit: 'turns',
    spent: 1,
    by: [{ agent: 'lead', spent: 2 }],
  });
});

test('lists each agent after a handoff', async () => {
  const billing = new Agent({
    name: 'billing',
    model: scriptedModel([respond.call('look'), respond.text('Done.')]),
    tools: [look],
  });
  const model = scriptedModel([respond.call('transfer_to_billing')]);
  const outcome = await new Agent({ name: 'desk', model, handoffs: [billing] })
    .run('Go.', { limits: { turns: 3 } })
    .outcome();
  expect(spentBy(outcome)).toMatchObject({
    by: [
      { agent: 'billing', spent: 2 },
      { agent: 'desk', spent: 1 },
    ],
  });
});

test('counts the time of requests and calls', async () => {
  const clock = manualClock();
  const wait = tool({
    name: 'wait',
    description: 'Waits.',
    input: z.object({}),
    timeoutMs: 600_000,
    execute: (_, { signal }) => clock.sleep(20_000, signal),
  });
  const agent = new Agent({
    name: 'lead',
    model: scriptedModel([respond.call('wait'), respond.call('wait')]),
    clock,
    tools: [wait],
  });
  const run = agent.run('Go.', { limits: { durationMs: 30_000 } }).outcome();
  await clock.advance(20_000);
  await clock.advance(20_000);
  expect(spentBy(await run)).toEqual({
    limit: 'durationMs',
    spent: 30_000,
    by: [{ agent: 'lead', tool: 'wait', spent: 20_000 }],
  });
});

test('lists what each agent and tool used, whatever the status of the run is', async () => {
  const inside = scriptedModel([
    respond.call('look', {}, { usage: used(20) }),
    respond.text('Found.', { usage: used(30) }),
    respond.refusal('No.', { usage: used(40) }),
  ]);
  const research = new Agent({ name: 'helper', model: { ...inside, price }, tools: [look] }).asTool({
    name: 'research',
    description: 'Researches.',
  });
  const model = scriptedModel([
    respond.calls(
      [
        { name: 'research', arguments: { prompt: 'All.' } },
        { name: 'look', arguments: {} },
      ],
      { usage: used(100) },
    ),
    respond.call('research', { prompt: 'More.' }, { usage: used(200) }),
    respond.call('transfer_to_closer', {}, { usage: used(300) }),
    respond.httpError(401),
  ]);
  const closer = new Agent({ name: 'closer', model });
  const agent = new Agent({
    name: 'lead',
    model: { ...model, price },
    clock: manualClock(),
    tools: [research, look],
    handoffs: [closer],
  });
  const outcome = await agent.run('Go.').outcome();
  const shares = outcome.usageBy.map(({ usage: { requests, totalTokens, cost }, ...share }) => {
    const tokens = share.inside?.map((each) => [each.agent, each.tool, each.usage.totalTokens, each.toolCallCount]);
    return { ...share, requests, totalTokens, cost: Math.round(cost * 1e6) / 1e6, inside: tokens };
  });
  const times = { durationMs: 0, inside: undefined };
  expect(outcome.status).toBe('failed');
  expect(sumUsage(outcome)).toEqual(outcome.usage);
  expect(shares).toEqual([
    { agent: 'lead', turnCount: 3, toolCallCount: 0, requests: 3, totalTokens: 600, cost: 0.006, ...times },
    { agent: 'lead', tool: 'look', turnCount: 0, toolCallCount: 1, requests: 0, totalTokens: 0, cost: 0, ...times },
    {
      agent: 'lead',
      tool: 'research',
      turnCount: 0,
      toolCallCount: 3,
      requests: 3,
      totalTokens: 90,
      cost: 0.0009,
      durationMs: 0,
      inside: [
        ['helper', undefined, 90, 0],
        ['helper', 'look', 0, 1],
      ],
    },
    {
      agent: 'lead',
      tool: 'transfer_to_closer',
      turnCount: 0,
      toolCallCount: 1,
      requests: 0,
      totalTokens: 0,
      cost: 0,
      ...times,
    },
    expect.objectContaining({ agent: 'closer', turnCount: 0 }),
  ]);
});

describe('limits.requests', () => {
  test('announces a last request without tools', async () => {
    const model = scriptedModel([respond.call('look'), respond.text('Seen.')]);
    const agent = new Agent({ name: 'lead', model, tools: [look], limits: { requests: 2 } });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'limited', limit: 'requests', max: 2, spent: 1, output: 'Seen.' });
    expect(outcome.status === 'limited' && outcome.spentBy).toEqual([{ agent: 'lead', spent: 2 }]);
    expect(model.requests.map(({ tool_choice: choice }) => choice)).toEqual([undefined, 'none']);
  });

  test('holds for parallel nested agents and for requests of middleware, without one request more', async () => {
    let count = 0;
    const model = scriptedModel(({ messages }) => {
      count++;
      if (messages.at(-1)?.role === 'tool') return respond.text('Done.');
      if (messages[0]?.content !== 'Go.') return respond.call('look');
      return respond.calls(
        Array.from({ length: 6 }, (_, index) => ({ name: 'research', arguments: { prompt: `Topic ${index}.` } })),
      );
    });
    const guard: Middleware = {
      async wrapModelCall(request, next, { callModel }) {
        await callModel(model, { messages: [{ role: 'user', content: 'Judge.' }] });
        return next(request);
      },
    };
    const helper = new Agent({ name: 'helper', model, tools: [look], middleware: [guard] });
    const research = helper.asTool({ name: 'research', description: 'Researches.' });
    const agent = new Agent({ name: 'lead', model, tools: [research], limits: { requests: 9 } });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'limited', limit: 'requests', max: 9, spent: 9 });
    expect(count).toBe(9);
    expect(outcome.usage.requests).toBe(9);
  });

  test('does not count repeated attempts', async () => {
    const model = scriptedModel([respond.httpError(503), respond.text('Done.')]);
    const agent = new Agent({ model, clock: manualClock(), random: () => 0, limits: { requests: 1 } });
    expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'completed', output: 'Done.' });
  });
});
