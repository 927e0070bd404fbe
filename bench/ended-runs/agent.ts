import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Creates an agent with eight calls of a non-idempotent tool. */
export function createBenchAgent(): Agent {
  const input = z.object({});
  const pay = tool({ name: 'pay', description: 'Pays.', input, effect: 'non-idempotent', execute: () => 'paid' });
  const model = scriptedModel(
    async ({ messages }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const turn = messages.filter(({ role }) => role === 'assistant').length;
      return turn < 8 ? respond.call('pay', {}) : respond.text('Done.');
    },
    { keepRequests: 1 },
  );
  return new Agent({ name: 'agent', model, tools: [pay] });
}
