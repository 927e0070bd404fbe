import { Agent, type Tool, type ToolContext, tool } from '@pawl/core';
import { lastMessages } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import type { Scenario, ScenarioSetup } from './scenario.ts';
import { createCall, pay, refund } from './scenario-tools.ts';

const ticket = z.object({
  cities: z.array(z.string()).default([]),
  count: z.number().default(0),
  last: z.string().optional(),
});

/** Sets `last`, which has no rule: of parallel calls only the first keeps its changes. */
function createTool(name: 'visit' | 'mark', { started }: ScenarioSetup): Tool<unknown> {
  return tool({
    name,
    description: `Does ${name} in a city.`,
    input: z.object({ city: z.string() }),
    effect: 'idempotent',
    async execute({ city }, { state, idempotencyKey }: ToolContext<unknown, z.infer<typeof ticket>>) {
      started.push(idempotencyKey);
      const { cities } = await state.update((now) => ({ cities: [...now.cities, city], count: now.count + 1 }));
      if (name === 'mark') await state.update({ last: city });
      return `${cities.length} cities`;
    },
  });
}

export const remembered: Scenario = {
  name: 'a state that parallel calls change, with a conflict, an approval and a handoff',
  status: 'completed',
  input: 'Go.',
  turns: [
    respond.calls([
      createCall('visit', 'Oslo'),
      createCall('mark', 'Rome'),
      createCall('mark', 'Bern'),
      createCall('visit', 'Nice'),
    ]),
    respond.calls([createCall('refund', 'Oslo'), createCall('mark', 'Bonn'), createCall('pay', 'Lima')]),
    respond.call('transfer_to_closer'),
    respond.calls([createCall('visit', 'Home')]),
    respond.text('All visited.'),
  ],
  agent: (stage) => {
    const closer = new Agent({
      name: 'closer',
      model: stage.model,
      clock: stage.clock,
      random: () => 0,
      tools: [createTool('visit', stage)],
      state: z.object({ isClosed: z.boolean().default(false) }),
      instructions: { eachTurn: (_, { state }) => JSON.stringify(state) },
    });
    return {
      name: 'desk',
      tools: [
        createTool('visit', stage),
        createTool('mark', stage),
        { ...refund(stage), needsApproval: (_, { state }) => state.value.count > 0 },
        pay(stage),
      ],
      state: ticket,
      stateRules: { cities: 'append', count: 'add' },
      instructions: { eachTurn: (_, { state }) => JSON.stringify(state) },
      handoffs: [closer.asHandoff({ inputFilter: lastMessages(2) })],
    };
  },
  answer: ({ fingerprint }) => ({ type: 'approve', fingerprint }),
};
