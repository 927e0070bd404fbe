import { Agent } from '@pawl/core';
import { CallError, flow } from '@pawl/core/flow';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import type { Scenario, ScenarioSetup } from './scenario.ts';
import { createCall, look, pay, refund } from './scenario-tools.ts';

export const research: Scenario = {
  name: 'a flow: agents in parallel, calls, plain code, a question and a flow inside',
  status: 'completed',
  turns: [respond.text('No turn of its own.')],
  requestCount: 0,
  inside: {
    'Plan.': [respond.text('{"cities":["Oslo","Rome"]}')],
    'To Oslo.': [respond.calls([createCall('refund', 'Oslo'), createCall('look', 'Oslo')]), respond.text('In Oslo.')],
    'To Rome.': [respond.calls([createCall('look', 'Rome')]), respond.text('In Rome.')],
    'To Mars.': [respond.refusal('Nobody goes there.')],
    'Sum up: In Oslo. In Rome.': [respond.text('All seen.')],
  },
  agent: () => ({}),
  flow: (stage) => {
    const clock = stage.clock;
    const create = (name: string): Agent => createInner(stage, name);
    const planner = new Agent({
      name: 'planner',
      model: stage.model,
      clock,
      random: () => 0,
      modelSettings: { max_completion_tokens: 100 },
      output: z.object({ cities: z.array(z.string()) }),
    });
    const summing = flow({
      name: 'summing',
      clock,
      run: async (given: { readonly texts: readonly string[] }, { run, step }) => {
        const text = await step('join', () => given.texts.join(' '));
        return (await run(create('writer'), `Sum up: ${text}`, { step: 'write' })).output;
      },
    });
    return flow({
      name: 'research',
      clock,
      limits: { tokens: 10_000, toolCalls: 7 },
      run: async (_: unknown, { run, call, step, ask }) => {
        const { output: plan } = await run(planner, 'Plan.', { step: 'plan' });
        const [found, seen, lost] = await Promise.all([
          Promise.all(
            plan.cities.map((city, index) => run(create('traveller'), `To ${city}.`, { step: `travel-${index}` })),
          ),
          call(look(stage), { city: 'Bern' }, { step: 'look' }),
          run(create('traveller'), 'To Mars.', { step: 'mars' }).catch((error: Error) => error.name),
        ]);
        const denied = await call(refund(stage), { city: 'Bern' }, { step: 'refund' }).catch((error: unknown) =>
          CallError.isInstance(error) ? error.reason : 'another error',
        );
        const seed = await step('seed', () => 7);
        const answer = await ask({ text: 'Go on?', seen: String(seen) }, { step: 'ask', answer: z.string() });
        const { output } = await run(summing, { texts: found.map((each) => each.output) }, { step: 'sum' });
        return { output, seen, lost, denied, seed, answer };
      },
    });
  },
  answer: ({ id, fingerprint, reason }) => {
    if (reason === 'external_result') return { type: 'result', fingerprint, value: 'Yes.' };
    return id.startsWith('step:refund') ? { type: 'deny', fingerprint } : { type: 'approve', fingerprint };
  },
};

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
