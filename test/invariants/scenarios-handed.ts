import { Agent, lastMessages, summary } from '@pawl/core';
import { reply } from '@pawl/testing';
import { z } from 'zod';
import type { Scenario, Stage } from './scenario.ts';
import { asks, look, pay, refund } from './scenario-tools.ts';

export const handedOver: Scenario = {
  name: 'a conversation that is handed over twice, once with approval, and cut for the next agent',
  status: 'completed',
  turns: [
    reply.calls([asks('look', 'Oslo'), { name: 'hand_off_to_billing', arguments: { reason: 'Money.' } }]),
    reply.calls([asks('pay', 'Oslo'), asks('refund', 'Rome')]),
    reply.calls([{ name: 'hand_off_to_last', arguments: {} }, asks('pay', 'Bern')]),
    reply.text('{"city": 5}'),
    reply.text('{"city": "Oslo"}'),
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
      handoffs: [last.asHandoff({ sees: lastMessages(2), needsApproval: true })],
    });
    return { name: 'desk', tools: [look(stage)], handoffs: [billing], output: city, limits: { tokens: 10_000 } };
  },
  answer: ({ fingerprint }) => ({ type: 'approve', fingerprint }),
};

const city = z.object({ city: z.string() });

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
    reply.call('hand_off_to_other', { reason: 'So.' }),
    reply.text('They said hello.'),
    reply.call('hand_off_to_third'),
    reply.call('hand_off_to_other'),
    reply.text('Here I stand.'),
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
    return { name: 'first', handoffs: [other.asHandoff({ sees: summary() })], limits: { handoffs: 2 } };
  },
};
