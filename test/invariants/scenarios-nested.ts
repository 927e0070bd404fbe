import { Agent, type Tool, tool } from '@pawl/core';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import type { Scenario, ScenarioSetup } from './scenario.ts';
import { createCall, look, pay, refund } from './scenario-tools.ts';

export const subAgents: Scenario = {
  name: 'agents as tools in parallel, one of which needs approval',
  status: 'completed',
  turns: [
    respond.calls([
      { name: 'travel', arguments: { prompt: 'To Oslo.' } },
      createCall('look', 'Rome'),
      { name: 'travel', arguments: { prompt: 'To Rome.' } },
      { name: 'travel', arguments: { prompt: 5 } },
      { name: 'travel', arguments: { prompt: 'To Mars.' } },
      createCall('pay', 'Bern'),
    ]),
    respond.calls([{ name: 'travel', arguments: { prompt: 'Home.' } }, createCall('refund', 'Bonn')]),
    respond.text('All travelled.'),
  ],
  inside: {
    'To Oslo.': [respond.calls([createCall('pay', 'Oslo'), createCall('look', 'Oslo')]), respond.text('In Oslo.')],
    'To Rome.': [respond.calls([createCall('refund', 'Rome'), createCall('pay', 'Rome')]), respond.text('In Rome.')],
    'To Mars.': [respond.refusal('Nobody goes there.')],
    'Home.': [respond.call('look', { town: 'Home' }), respond.call('look', { city: 'Home' }), respond.text('At home.')],
  },
  agent: (stage) => ({
    tools: [createTravelTool(stage), look(stage), pay(stage), refund(stage)],
    limits: { tokens: 10_000, toolCalls: 14 }, // The exact number of calls, including nested ones.
    modelSettings: { max_completion_tokens: 100 },
  }),
  answer: ({ fingerprint }) => ({ type: 'approve', fingerprint }),
};

function createTravelTool(stage: ScenarioSetup): Tool<unknown> {
  const { model, clock } = stage;
  const agent = new Agent({
    name: 'traveller',
    instructions: 'Travel.',
    model,
    clock,
    random: () => 0,
    modelSettings: { max_completion_tokens: 100 },
    tools: [look(stage), pay(stage), refund(stage)],
  });
  return agent.asTool({ name: 'travel', description: 'Travels.' });
}

export const cappedRequests: Scenario = {
  name: 'a limit on requests that nested agents reach',
  status: 'limited',
  turns: [
    respond.calls([{ name: 'travel', arguments: { prompt: 'To Oslo.' } }, createCall('pay', 'Bern')]),
    respond.calls([{ name: 'travel', arguments: { prompt: 'Home.' } }, createCall('look', 'Bonn')]),
    respond.text('So far.'),
  ],
  inside: {
    'To Oslo.': [respond.calls([createCall('pay', 'Oslo')]), respond.text('In Oslo.')],
    'Home.': [respond.call('look', { city: 'Home' }), respond.text('At home.')],
  },
  agent: (stage) => ({ tools: [createTravelTool(stage), look(stage), pay(stage)], limits: { requests: 7 } }),
};

/** The prompt, the result and the context of the agent are made by functions, and the second turn has other tools. */
export const askedAgents: Scenario = {
  name: 'an agent as a tool with a prompt, a context and a result of its own, and tools of some turns',
  status: 'completed',
  turns: [
    respond.calls([{ name: 'ask', arguments: { city: 'Oslo' } }, createCall('pay', 'Oslo')]),
    respond.calls([{ name: 'ask', arguments: { city: 'Rome' } }, createCall('look', 'Rome')]),
    respond.calls([createCall('look', 'Bern')]),
    respond.text('All asked.'),
  ],
  inside: {
    'Oslo after 1': [respond.calls([createCall('pay', 'Oslo')]), respond.text('In Oslo.')],
  },
  agent: (stage) => ({
    tools: [
      createAskTool(stage),
      { ...look(stage), when: async (_, { turn }) => turn > 2 },
      { ...pay(stage), when: (_, { messages }) => messages.length < 3 },
    ],
  }),
};

function createAskTool(stage: ScenarioSetup): Tool<unknown> {
  const { model, clock } = stage;
  const agent = new Agent({
    name: 'asked',
    instructions: (context: { readonly city: string }) => `You know ${context.city}.`,
    model,
    clock,
    random: () => 0,
    tools: [pay(stage)],
  });
  return agent.asTool({
    name: 'ask',
    description: 'Asks about a city.',
    input: z.object({ city: z.string() }),
    when: (_, { turn }) => turn === 1,
    prompt: async ({ city }, { messages }) => `${city} after ${messages.length}`,
    context: (_: unknown, { city }) => ({ city }),
    extractOutput: ({ output, toolCallCount }, { input }) => `${input.city}: ${output} ${toolCallCount}`,
  });
}

export const fromOutside: Scenario = {
  name: 'calls with external results',
  status: 'completed',
  turns: [
    respond.calls([
      { name: 'ask', arguments: { question: 'Where to?' } },
      createCall('pay', 'Bern'),
      { name: 'ask', arguments: { question: 'And then?' } },
      { name: 'ask', arguments: { question: 5 } },
    ]),
    respond.call('ask', { question: 'Sure?' }),
    respond.text('I know it all.'),
  ],
  agent: (stage) => ({ tools: [ask, pay(stage)] }),
  answer: ({ id, fingerprint }) =>
    id === 'approval:1.2'
      ? { type: 'deny', fingerprint, reason: 'Enough.' }
      : { type: 'result', fingerprint, value: { answer: `To ${id}.` } },
};

const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({ question: z.string() }) });
