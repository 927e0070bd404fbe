import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Creates an agent that makes thirty turns, each of which stores 20 KB. Calls `onCall` with the key of each call that begins. */
export function createHeavyAgent(onCall: (call: string) => void = () => undefined): Agent {
  const fetch = tool({
    name: 'fetch',
    description: 'Fetches.',
    input: z.object({ page: z.number() }),
    effect: 'non-idempotent',
    execute: ({ page }, { idempotencyKey }) => {
      onCall(idempotencyKey);
      return `${page}`.repeat(10_000);
    },
  });
  const model = scriptedModel(({ messages }) => {
    const page = messages.filter(({ role }) => role === 'tool').length;
    return page === 30 ? respond.text('Read.') : respond.call('fetch', { page }, { id: `call_${page}` });
  });
  return new Agent({ name: 'reader', model, tools: [fetch], limits: { turns: 40 } });
}
