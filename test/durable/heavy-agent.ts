import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Thirty turns, each of which gives 20 KB to keep. Tells each call that begins. */
export function createHeavyAgent(told: (call: string) => void = () => undefined): Agent {
  const fetch = tool({
    name: 'fetch',
    description: 'Fetches.',
    input: z.object({ page: z.number() }),
    effect: 'non-idempotent',
    execute: ({ page }, { idempotencyKey }) => {
      told(idempotencyKey);
      return `${page}`.repeat(10_000);
    },
  });
  const model = scriptedModel(({ messages }) => {
    const page = messages.filter(({ role }) => role === 'tool').length;
    return page === 30 ? respond.text('Read.') : respond.call('fetch', { page }, { id: `call_${page}` });
  });
  return new Agent({ name: 'reader', model, tools: [fetch], limits: { turns: 40 } });
}
