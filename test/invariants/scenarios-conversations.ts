import { Agent, conversation, memoryConversations, type Tool, tool } from '@pawl/core';
import { summarizeHistory } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import type { Scenario, ScenarioSetup } from './scenario.ts';
import { createCall, look, pay } from './scenario-tools.ts';

const refundFor = ({ started }: ScenarioSetup): Tool<unknown> =>
  tool({
    name: 'refund',
    input: z.object({ city: z.string() }),
    effect: 'non-idempotent',
    needsApproval: true,
    standingApproval: ({ city }) => ({ country: city === 'Rome' ? 'Italy' : 'Norway' }),
    async execute({ city }, { idempotencyKey }) {
      started.push(idempotencyKey);
      return `refund ${city}`;
    },
  });

export const approvedForGood: Scenario = {
  name: 'an approval of later calls, and calls that it covers and does not cover',
  status: 'completed',
  turns: [
    respond.calls([createCall('refund', 'Oslo'), createCall('pay', 'Oslo')]),
    respond.calls([createCall('refund', 'Bergen'), createCall('refund', 'Rome')]),
    respond.call('refund', { city: 'Oslo' }),
    respond.text('Refunded.'),
  ],
  agent: (stage) => ({ tools: [refundFor(stage), pay(stage)] }),
  answer: ({ id, fingerprint }) => ({ type: 'approve', fingerprint, always: id === 'approval:1.0' }),
};

/** The handoff of turn 0 requests a summary in a conversation of its own. */
export const lastAgentFirst: Scenario = {
  name: 'the last agent goes on with a conversation',
  status: 'completed',
  requestCount: 3,
  conversation: async () => {
    const store = memoryConversations();
    await store.save('chat', {
      version: 0,
      keep: 0,
      messages: [
        { role: 'user', content: 'Hello.' },
        { role: 'assistant', content: 'Hello.' },
      ],
      details: { lastAgent: 'billing' },
    });
    return conversation({ id: 'chat', store, startingAgent: 'last' });
  },
  turns: [
    respond.text('They greeted each other.'),
    respond.calls([createCall('pay', 'Oslo'), createCall('look', 'Rome')]),
    respond.call('transfer_to_desk'),
    respond.text('All paid.'),
  ],
  agent: (stage) => {
    const basics = { model: stage.model, clock: stage.clock, random: () => 0 };
    const desk = new Agent<unknown, unknown>({ ...basics, name: 'desk' });
    const tools = [pay(stage), look(stage)];
    const billing = new Agent<unknown, unknown>({ ...basics, name: 'billing', tools, handoffs: [desk] });
    return { name: 'front', handoffs: [billing.asHandoff({ inputFilter: summarizeHistory() })] };
  },
};
