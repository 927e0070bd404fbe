import type { Middleware } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import type { Scenario } from './scenario.ts';
import { createCall, look, pay } from './scenario-tools.ts';

/** Sends the request twice in parallel and uses the second response. */
const twice: Middleware = {
  async wrapModelCall(request, next) {
    const [, second] = await Promise.all([next(request), next(request)]);
    return second;
  },
};

export const repeated: Scenario = {
  name: 'middleware that sends a request twice in parallel',
  status: 'completed',
  turns: [respond.calls([createCall('look', 'Oslo'), createCall('pay', 'Rome')]), respond.text('Seen and paid.')],
  agent: (stage) => ({
    tools: [look(stage), pay(stage)],
    middleware: [twice],
    limits: { tokens: 2_500 },
    modelSettings: { max_completion_tokens: 1_000 },
  }),
};
