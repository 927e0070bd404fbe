import { appendFileSync } from 'node:fs';
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Creates an agent that looks and pays twice, one call per turn. Writes each call to a journal when it begins. */
export function createSoakAgent(journal: string): Agent {
  const createTool = (name: string, effect: 'read' | 'non-idempotent') =>
    tool({
      name,
      description: 'Does it.',
      input: z.object({}),
      effect,
      execute: async (_, { idempotencyKey }) => {
        appendFileSync(journal, `${idempotencyKey}\n`);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
        return name;
      },
    });
  const model = scriptedModel(
    async ({ messages }) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      const name = ['look', 'pay', 'look', 'pay'][messages.filter(({ role }) => role === 'assistant').length];
      return name === undefined ? respond.text('Done.') : respond.call(name, {});
    },
    { keepRequests: 1 },
  );
  return new Agent({ name: 'soak', model, tools: [createTool('look', 'read'), createTool('pay', 'non-idempotent')] });
}
