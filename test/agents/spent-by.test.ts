import { Agent, type Outcome, tool } from '@pawl/core';
import { manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

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
