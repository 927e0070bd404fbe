import type { Middleware } from '@pawl/core';
import { reply } from '@pawl/testing';
import type { Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

/** Asks twice at once, and takes the second answer. */
const twice: Middleware = {
  async model(request, next) {
    const [, second] = await Promise.all([next(request), next(request)]);
    return second;
  },
};

export const repeated: Scenario = {
  name: 'middleware that asks twice at once',
  status: 'completed',
  turns: [reply.calls([asks('look', 'Oslo'), asks('pay', 'Rome')]), reply.text('Seen and paid.')],
  agent: (stage) => ({
    tools: [look(stage), pay(stage)],
    middleware: [twice],
    limits: { tokens: 2_500 },
    settings: { max_completion_tokens: 1_000 },
  }),
};
