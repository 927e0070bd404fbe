import { Agent, type Tool, tool } from '@pawl/core';
import { outputGuard } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import type { Scenario, ScenarioSetup } from './scenario.ts';
import { createCall, look, pay, refund } from './scenario-tools.ts';

export const innerRuns: Scenario = {
  name: 'a tool that runs agents, one of which needs approval, and a guard that runs another',
  status: 'completed',
  turns: [
    respond.calls([createCall('tour', 'Oslo'), createCall('look', 'Rome'), createCall('tour', 'Rome')]),
    respond.text('All toured.'),
  ],
  inside: {
    'Plan Oslo.': [respond.calls([createCall('look', 'Oslo')]), respond.text('Planned Oslo.')],
    'Book Oslo.': [
      respond.calls([createCall('refund', 'Oslo'), createCall('pay', 'Oslo')]),
      respond.text('Booked Oslo.'),
    ],
    'Plan Rome.': [respond.text('Planned Rome.')],
    'Book Rome.': [respond.calls([createCall('pay', 'Rome')]), respond.text('Booked Rome.')],
    'Judge: All toured.': [respond.text('fine')],
  },
  agent: (stage) => ({
    tools: [createTour(stage), look(stage)],
    middleware: [
      outputGuard({
        name: 'judge',
        async check({ text }, { run }) {
          const { output } = await run(createInner(stage, 'judge'), `Judge: ${text}`, { step: 'judge' });
          return output === 'fine' ? { type: 'allow' } : { type: 'refuse', reason: output };
        },
      }),
    ],
    limits: { tokens: 10_000, toolCalls: 8 },
    modelSettings: { max_completion_tokens: 100 }, // Otherwise the rest of the budget depends on the order of parallel requests.
  }),
  answer: ({ fingerprint }) => ({ type: 'approve', fingerprint }),
};

/** Idempotent: a repeated call would otherwise have an unknown outcome after a crash. */
function createTour(stage: ScenarioSetup): Tool<unknown> {
  return tool({
    name: 'tour',
    description: 'Tours a city.',
    input: z.object({ city: z.string() }),
    effect: 'idempotent',
    async execute({ city }, { run }) {
      const [plan, booking] = await Promise.all([
        run(createInner(stage, 'planner'), `Plan ${city}.`, { step: 'plan' }),
        run(createInner(stage, 'booker'), `Book ${city}.`, { step: 'book' }),
      ]);
      return `${plan.output} ${booking.output}`;
    },
  });
}

function createInner(stage: ScenarioSetup, name: string): Agent {
  const { model, clock } = stage;
  return new Agent({
    name,
    model,
    clock,
    random: () => 0,
    modelSettings: { max_completion_tokens: 100 },
    tools: [look(stage), pay(stage), refund(stage)],
  });
}
