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
