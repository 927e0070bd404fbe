import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** An agent whose only tool needs approval. `onRefund` is called for each refund. */
export function createRefundAgent(onRefund: (amount: number) => void = () => {}) {
  const refund = tool({
    name: 'refund',
    description: 'Pays money back.',
    input: z.object({ amount: z.number() }),
    needsApproval: true,
    preview: ({ amount }) => `Refund ${amount} EUR`,
    execute: ({ amount }) => {
      onRefund(amount);
      return `refunded ${amount}`;
    },
  });
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool'
      ? respond.text(`The tool says: ${last.content}`)
      : respond.call('refund', { amount: 5 });
  });
  return new Agent({ name: 'refunds', description: 'Refunds customers.', model, tools: [refund] });
}
