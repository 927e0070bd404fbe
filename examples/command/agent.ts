// An agent for the command pawl, offline: pawl run agent.ts "Refund order 7."
import { Agent, openai, tool } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: ({ messages }) => {
    switch (messages.filter(({ role }) => role === 'assistant').length) {
      case 0:
        return respond.call('find_order', { order: 7 });
      case 1:
        return respond.call('refund_order', { order: 7, euros: 90 });
      default:
        return respond.text('Order 7 is refunded: 90 EUR are on their way.');
    }
  },
});

export const agent = new Agent({
  name: 'support',
  model: openai('any', { baseURL: server.baseURL }),
  tools: [
    tool({
      name: 'find_order',
      description: 'Finds an order.',
      input: z.object({ order: z.number() }),
      effect: 'read',
      execute: () => '2 chairs, 90 EUR',
    }),
    tool({
      name: 'refund_order',
      description: 'Refunds an order.',
      input: z.object({ order: z.number(), euros: z.number() }),
      needsApproval: ({ euros }) => euros > 50,
      execute: ({ order, euros }) => `Order ${order}: ${euros} EUR refunded.`,
    }),
  ],
});
