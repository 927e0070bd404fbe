import { Agent, openai, tool } from '@pawl/core';
import { z } from 'zod';

// The agent of docs/guide/production.md, word for word: the test compares both.
export const findOrder = tool({
  name: 'find_order',
  description: 'Finds an order by its number.',
  input: z.object({ order: z.number().describe('As on the bill.') }),
  effect: 'read',
  timeoutMs: 5_000,
  maxResultLength: 8_000,
  execute: ({ order }) => ({ order, status: 'shipped' }),
});

export const agent = new Agent({
  name: 'support',
  model: openai('gpt-5-mini', { price: { input: 0.25, output: 2 }, timeouts: { firstByteMs: 60_000 } }),
  instructions: 'You answer questions about orders.',
  tools: [findOrder],
  modelSettings: { max_completion_tokens: 1_000 },
  limits: { turns: 8, toolCalls: 20, tokens: 100_000, cost: 0.1, durationMs: 120_000 },
  retry: { maxAttempts: 3, attemptTimeoutMs: 90_000 },
});
