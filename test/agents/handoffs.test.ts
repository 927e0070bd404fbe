import { Agent, type AgentOptions, type RunEvent, tool } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { lastMessages, summarizeHistory } from '@pawl/core/middleware';
import { checkHistory, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });

type Options = Partial<AgentOptions<unknown, string>>;

/** A desk that takes the call, and who it may hand over to. */
function desk(
  replies: readonly ScriptedModelResponse[],
  { billing = [respond.text('Paid.')], own = {}, desk = {} }: Desk = {},
) {
  const deskModel = scriptedModel(replies);
  const billingModel = scriptedModel(billing);
  const billingAgent = new Agent({
    name: 'billing',
    description: 'Knows of money.',
    instructions: 'You do the bills.',
    model: billingModel,
    tools: [look],
    ...own,
  });
  const agent = new Agent({
    name: 'desk',
    instructions: 'You take the calls.',
    model: deskModel,
    handoffs: [billingAgent],
    ...desk,
  });
  return { agent, deskModel, billingModel, billingAgent };
}

interface Desk {
  readonly billing?: readonly ScriptedModelResponse[];
  readonly own?: Options;
  readonly desk?: Options;
}

const toBilling = respond.call('transfer_to_billing', { reason: 'It is about money.' });

function rolesOf({ messages }: ChatRequest): readonly string[] {
  return messages.map(({ role, content }) => `${role}: ${String(content)}`);
}

test('hands the conversation over to an agent with its own model, instructions and tools', async () => {
  const { agent, deskModel, billingModel } = desk([toBilling], {
    billing: [respond.call('look'), respond.text('Paid.')],
  });
  const events: RunEvent[] = [];
  const run = agent.run('Did I pay?');
  run.on('handoff.completed', (event) => events.push(event));
  const outcome = await run;
  expect(outcome).toMatchObject({ output: 'Paid.', agent: 'billing', turnCount: 3, toolCallCount: 2 });
  expect(deskModel.requests[0]?.tools?.map((each) => 'function' in each && each.function.name)).toEqual([
    'transfer_to_billing',
  ]);
  expect(billingModel.requests[0]?.tools?.map((each) => 'function' in each && each.function.name)).toEqual(['look']);
  expect(rolesOf(billingModel.requests[0] as ChatRequest)).toEqual([
    'system: You do the bills.',
    'user: Did I pay?',
    'assistant: null',
    'tool: Handed over to billing.',
  ]);
  expect(checkHistory(outcome.messages)).toEqual([]);
  expect(events).toMatchObject([{ from: 'desk', to: 'billing', turn: 1, instructions: 'You do the bills.' }]);
});

test('names the first agent in the outcome without a handoff', async () => {
  const { agent } = desk([respond.text('Hello.')]);
  expect(await agent.run('Hello?')).toMatchObject({ output: 'Hello.', agent: 'desk' });
});

test('describes the other agent to the model', async () => {
  const { agent, deskModel } = desk([respond.text('Hello.')]);
  await agent.run('Hello?');
  expect(JSON.stringify(deskModel.requests[0]?.tools)).toContain(
    'Hands the conversation over to billing, which continues it. Knows of money.',
  );
});

test('allows handoffs back and forth until the limit, then the active agent answers', async () => {
  const asks = (name: string) =>
    scriptedModel(({ tool_choice }) =>
      tool_choice === 'none'
        ? respond.text(`${name} gives up.`)
        : respond.call(`transfer_to_${name === 'ping' ? 'pong' : 'ping'}`),
    );
  const ping: Agent = new Agent({ name: 'ping', model: asks('ping'), handoffs: () => [pong] });
  const pong: Agent = new Agent({ name: 'pong', model: asks('pong'), handoffs: () => [ping] });
  const outcome = await ping.run('Go.', { limits: { handoffs: 3 } }).outcome();
  expect(outcome).toMatchObject({
    status: 'limited',
    limit: 'handoffs',
    max: 3,
    spent: 3,
    output: 'pong gives up.',
    agent: 'pong',
  });
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test('takes the first of two handoffs in one turn, and runs the other calls', async () => {
  const refunds = new Agent({ name: 'refunds', model: scriptedModel([respond.text('Never asked.')]) });
  const { agent, billingAgent, billingModel } = desk([]);
  const both = respond.calls([
    { name: 'look', arguments: {} },
    { name: 'transfer_to_billing', arguments: {} },
    { name: 'transfer_to_refunds', arguments: {} },
  ]);
  const two = new Agent({
    name: 'desk',
    model: scriptedModel([both]),
    tools: [look],
    handoffs: [billingAgent, refunds],
  });
  expect(agent.name).toBe('desk');
  const { output, messages } = await two.run('Go.');
  expect(output).toBe('Paid.');
  expect(billingModel.requests).toHaveLength(1);
  expect(messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []))).toEqual([
    'seen',
    'Handed over to billing.',
    'Not handed over: this turn has already handed the conversation over to another agent.',
  ]);
});

const chat = [
  { role: 'system', content: 'The customer is Ada.' },
  { role: 'user', content: 'Hello.' },
  { role: 'assistant', content: 'Hi.' },
  { role: 'user', content: 'Did I pay?' },
] as const;

test.each([
  ['all messages', undefined, 7],
  ['the last message, with its call and the last message of the user', lastMessages(1), 5],
  ['the last three messages', lastMessages(3), 5],
  ['the result of a function', () => [{ role: 'user' as const, content: 'Only this.' }], 2],
])('shows the next agent %s', async (_, sees, count) => {
  const { billingAgent, billingModel } = desk([]);
  const handoff = billingAgent.asHandoff(sees === undefined ? {} : { inputFilter: sees });
  const agent = new Agent({ name: 'desk', model: scriptedModel([toBilling]), handoffs: [handoff] });
  const outcome = await agent.run(chat);
  expect(billingModel.requests[0]?.messages).toHaveLength(count);
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test('shows the next agent a summary by another model, charged to the run', async () => {
  const usage = { prompt_tokens: 40, completion_tokens: 2, total_tokens: 42 };
  const writer = scriptedModel([respond.text('They greeted each other.', { usage })]);
  const { billingAgent, billingModel } = desk([]);
  const none = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const deskModel = scriptedModel([respond.call('transfer_to_billing', {}, { usage: none })]);
  const agent = new Agent({
    name: 'desk',
    model: deskModel,
    handoffs: [billingAgent.asHandoff({ inputFilter: summarizeHistory({ model: writer }) })],
  });
  const outcome = await agent.run(chat);
  expect(rolesOf(billingModel.requests[0] as ChatRequest)).toEqual([
    'system: You do the bills.',
    'system: The customer is Ada.',
    'user: Summary of the conversation so far:\nThey greeted each other.',
    'user: Did I pay?',
    'assistant: null',
    'tool: Handed over to billing.',
  ]);
  expect(String(writer.requests[0]?.messages[1]?.content)).toBe('user: Hello.\n\nassistant: Hi.');
  expect(outcome.usage.totalTokens).toBeGreaterThanOrEqual(42);
});

test('fails the run if the input filter throws or returns nothing', async () => {
  const { billingAgent } = desk([]);
  for (const [sees, message] of [
    [() => Promise.reject(new Error('No view.')), 'No view.'],
    [() => [], 'Agent "billing": inputFilter returned an empty list. Return at least one message.'],
  ] as const) {
    const agent = new Agent({
      name: 'desk',
      model: scriptedModel([toBilling]),
      handoffs: [billingAgent.asHandoff({ inputFilter: sees })],
    });
    expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'failed', error: { message } });
  }
});

test('requests approval for a handoff', async () => {
  const { billingAgent, billingModel } = desk([]);
  const agent = new Agent({
    name: 'desk',
    model: scriptedModel([toBilling]),
    handoffs: [billingAgent.asHandoff({ needsApproval: true })],
  });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'suspended', pending: [{ reason: 'approval' }] });
  expect(billingModel.requests).toEqual([]);
});

test('validates the output of the other agent with its own schema and retries', async () => {
  const schema = z.object({ paid: z.string().transform(Number) });
  const billing = new Agent({
    name: 'billing',
    model: scriptedModel([respond.text('{"paid": 5}'), respond.text('{"paid": "5"}')]),
    output: schema,
  });
  const agent = new Agent({ name: 'desk', model: scriptedModel([toBilling]), handoffs: [billing] });
  const { output } = await agent.run('Go.');
  expect(output).toEqual({ paid: 5 });
});

test('applies the limits of the run to every agent', async () => {
  const { agent } = desk([toBilling], {
    billing: [respond.call('look'), respond.call('look'), respond.text('Enough.')],
    desk: { limits: { turns: 3 } },
    own: { limits: { turns: 50 } },
  });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'limited', limit: 'turns', turnCount: 3 });
});

test('returns the answer of the last agent if a nested agent hands over', async () => {
  const { agent } = desk([toBilling]);
  const model = scriptedModel([respond.call('ask', { prompt: 'Did I pay?' }), respond.text('Done.')]);
  const outer = new Agent({ name: 'outer', model, tools: [agent.asTool({ name: 'ask', description: 'Asks.' })] });
  const { messages } = await outer.run('Go.');
  expect(messages[2]?.content).toBe('Paid.');
});

test.each([
  [() => desk([], { desk: { handoffs: [5 as never] } }), 'Agent "desk": handoffs[0] is not an agent.'],
  [() => new Agent({ model: scriptedModel([]), handoffs: 5 as never }), 'Agent "agent": handoffs is not a list.'],
  [
    () => {
      const { billingAgent } = desk([]);
      return new Agent({ model: scriptedModel([]), handoffs: [billingAgent, billingAgent] });
    },
    'Agent "agent" has two handoffs to agents named "billing".',
  ],
  [
    () => {
      const { billingAgent } = desk([]);
      return new Agent({ name: 'billing', model: scriptedModel([]), handoffs: [billingAgent] });
    },
    'Agent "billing" has a handoff to itself.',
  ],
  [() => lastMessages(0), 'lastMessages: count is 0.'],
])('refuses invalid handoffs in the constructor', (make, message) => {
  expect(make).toThrow(message);
});

test('refuses two reachable agents with one name when the run starts', () => {
  const { billingAgent } = desk([]);
  const other = new Agent({
    name: 'other',
    model: scriptedModel([]),
    handoffs: () => [new Agent({ name: 'billing', model: scriptedModel([]) })],
  });
  const agent = new Agent({ name: 'desk', model: scriptedModel([]), handoffs: [billingAgent, other] });
  expect(() => agent.run('Go.')).toThrow('A run of agent "desk" may reach two agents named "billing".');
});

test('requires the price of agents that are only reached by a handoff', async () => {
  const model = { ...scriptedModel([toBilling]), price: { input: 1, output: 1 } };
  // By hand: a scripted model has a price.
  const billingAgent = desk([]).billingAgent.with({ model: { name: 'm', send: () => expect.unreachable() } });
  const agent = new Agent({ name: 'desk', model, handoffs: [billingAgent], limits: { cost: 1 } });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'failed', error: { name: 'ConfigError' } });
});
