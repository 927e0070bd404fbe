import type { Middleware } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import type { Scenario } from './scenario.ts';
import { asks, look, pay } from './scenario-tools.ts';

/** Asks twice at once, and takes the second answer. */
const twice: Middleware = {
  async wrapModelCall(request, next) {
    const [, second] = await Promise.all([next(request), next(request)]);
    return second;
  },
};

export const repeated: Scenario = {
  name: 'middleware that asks twice at once',
  status: 'completed',
  turns: [respond.calls([asks('look', 'Oslo'), asks('pay', 'Rome')]), respond.text('Seen and paid.')],
  agent: (stage) => ({
    tools: [look(stage), pay(stage)],
    middleware: [twice],
    limits: { tokens: 2_500 },
    modelSettings: { max_completion_tokens: 1_000 },
  }),
};
