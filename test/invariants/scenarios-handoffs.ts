import { Agent } from '@pawl/core';
import { compactBySummary, lastMessages, type Middleware, summarizeHistory } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import { defineCityTool, type Scenario, type ScenarioSetup } from './scenario.ts';
import { createCall, look, pay, refund } from './scenario-tools.ts';

export const handedOver: Scenario = {
  name: 'two handoffs, one with approval and a filtered history',
  status: 'completed',
  turns: [
    respond.calls([createCall('look', 'Oslo'), { name: 'transfer_to_billing', arguments: { reason: 'Money.' } }]),
    respond.calls([createCall('pay', 'Oslo'), createCall('refund', 'Rome')]),
    respond.calls([{ name: 'transfer_to_last', arguments: {} }, createCall('pay', 'Bern')]),
    respond.text('{"city": 5}'),
    respond.text('{"city": "Oslo"}'),
  ],
  agent: (stage) => {
    const { model, clock } = stage;
    const basics = { model, clock, random: () => 0, output: city };
    const last = new Agent({ ...basics, name: 'last', instructions: () => 'You have the last word.' });
    const billing = new Agent({
      ...basics,
      name: 'billing',
      instructions: 'You do the bills.',
      tools: [pay(stage), refund(stage)],
      handoffs: [
        last.asHandoff({ inputFilter: lastMessages(2), needsApproval: true, when: (_, { turn }) => turn > 2 }),
      ],
    });
    const toBilling = billing.asHandoff({
      input: z.object({ reason: z.string() }),
      onHandoff: ({ reason }, { idempotencyKey }) => void stage.started.push(`${idempotencyKey} ${reason}`),
    });
    return { name: 'desk', tools: [look(stage)], handoffs: [toBilling], output: city, limits: { tokens: 10_000 } };
  },
  answer: ({ fingerprint }) => ({ type: 'approve', fingerprint }),
};

const city = z.object({ city: z.string() });

const write = defineCityTool('write', { execute: (city) => `${city} `.repeat(120) });

/** The count is recorded with each turn and starts again with the next agent. */
const counting: Middleware = {
  prepareTurn: (turn) => ({ ...turn, memory: { count: Number(turn.memory?.['count'] ?? 0) + 1 } }),
};

/** The summary is requested in a conversation of its own. */
export const shownLess: Scenario = {
  name: 'a handoff with a filtered history that is summarized, and a handoff back',
  status: 'completed',
  requestCount: 7,
  input: [
    { role: 'system', content: 'The customer is Ada.' },
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'Go.' },
  ],
  turns: [
    respond.calls([createCall('look', 'Oslo'), createCall('look', 'Rome')]),
    respond.call('transfer_to_writer'),
    respond.calls([createCall('write', 'Rome'), createCall('pay', 'Rome')]),
    respond.calls([createCall('write', 'Bern')]),
    respond.text('Rome was written, and paid for.'),
    respond.call('transfer_to_last'),
    respond.call('look', { city: 'Nice' }),
    respond.text('All written.'),
  ],
  agent: (stage) => {
    const basics = { model: stage.model, clock: stage.clock, random: () => 0 };
    const last = new Agent({ ...basics, name: 'last', tools: [look(stage)] });
    const writer = new Agent({
      ...basics,
      name: 'writer',
      tools: [write(stage), pay(stage)],
      middleware: [
        counting,
        compactBySummary({ contextWindow: 350, threshold: 0.5, keepTurns: 1, model: stage.model }),
      ],
      handoffs: [last],
    });
    const handoffs = [writer.asHandoff({ inputFilter: lastMessages(1) })];
    return { name: 'desk', tools: [look(stage)], middleware: [counting], handoffs };
  },
};

/** The summary is requested in a conversation of its own. */
export const summarised: Scenario = {
  name: 'handoffs with a summary, back and forth until the limit',
  status: 'limited',
  requestCount: 4,
  input: [
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'Go.' },
  ],
  turns: [
    respond.call('transfer_to_other', { reason: 'So.' }),
    respond.text('They greeted each other.'),
    respond.call('transfer_to_third'),
    respond.call('transfer_to_other'),
    respond.text('Here I stand.'),
  ],
  agent: ({ model, clock }: ScenarioSetup) => {
    const basics = { model, clock, random: () => 0 };
    const other: Agent<unknown, unknown> = new Agent<unknown, unknown>({
      ...basics,
      name: 'other',
      handoffs: () => [third],
    });
    const third: Agent<unknown, unknown> = new Agent<unknown, unknown>({
      ...basics,
      name: 'third',
      handoffs: () => [other],
    });
    return { name: 'first', handoffs: [other.asHandoff({ inputFilter: summarizeHistory() })], limits: { handoffs: 2 } };
  },
};
