import { Agent } from '@pawl/core';
import { compactBySummary, lastMessages, type Middleware, summarizeHistory } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import { cityTool, type Scenario, type Stage } from './scenario.ts';
import { asks, look, pay, refund } from './scenario-tools.ts';

export const handedOver: Scenario = {
  name: 'a conversation that is handed over twice, once with approval, and cut for the next agent',
  status: 'completed',
  turns: [
    respond.calls([asks('look', 'Oslo'), { name: 'transfer_to_billing', arguments: { reason: 'Money.' } }]),
    respond.calls([asks('pay', 'Oslo'), asks('refund', 'Rome')]),
    respond.calls([{ name: 'transfer_to_last', arguments: {} }, asks('pay', 'Bern')]),
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
      handoffs: [last.asHandoff({ inputFilter: lastMessages(2), needsApproval: true })],
    });
    return { name: 'desk', tools: [look(stage)], handoffs: [billing], output: city, limits: { tokens: 10_000 } };
  },
  answer: ({ fingerprint }) => ({ type: 'approve', fingerprint }),
};

const city = z.object({ city: z.string() });

const write = cityTool('write', { execute: (city) => `${city} `.repeat(120) });

/** Its count is recorded with each turn of one agent, and begins anew with the next one. */
const counting: Middleware = {
  prepareTurn: (turn) => ({ ...turn, memory: { count: Number(turn.memory?.['count'] ?? 0) + 1 } }),
};

/** The summary is asked for in a conversation of its own. */
export const shownLess: Scenario = {
  name: 'an agent that sees the end of a conversation, whose part of it becomes a summary, and that hands it back',
  status: 'completed',
  played: 7,
  input: [
    { role: 'system', content: 'The customer is Ada.' },
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'Go.' },
  ],
  turns: [
    respond.calls([asks('look', 'Oslo'), asks('look', 'Rome')]),
    respond.call('transfer_to_writer'),
    respond.calls([asks('write', 'Rome'), asks('pay', 'Rome')]),
    respond.calls([asks('write', 'Bern')]),
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

/** The summary is asked for in a conversation of its own. */
export const summarised: Scenario = {
  name: 'a conversation that is handed over as a summary, back and forth until the limit',
  status: 'limited',
  played: 4,
  input: [
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'Go.' },
  ],
  turns: [
    respond.call('transfer_to_other', { reason: 'So.' }),
    respond.text('They said hello.'),
    respond.call('transfer_to_third'),
    respond.call('transfer_to_other'),
    respond.text('Here I stand.'),
  ],
  agent: ({ model, clock }: Stage) => {
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
