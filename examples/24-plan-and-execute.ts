// Plan and execute: a planner makes steps, tools carry them out, a person approves one, and a judge decides whether to plan again.
import { Agent, memoryHost, tool } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const planSchema = z.object({ cities: z.array(z.string()) });
const planner = new Agent({
  name: 'planner',
  output: planSchema,
  model: scriptedModel(({ messages }) => {
    const isAgain = String(messages.at(-1)?.content).includes('Bern');
    return respond.text(JSON.stringify({ cities: isAgain ? ['Rome'] : ['Bern'] }));
  }),
});
const judge = new Agent({
  name: 'judge',
  output: z.object({ isGood: z.boolean() }),
  model: scriptedModel(({ messages }) =>
    respond.text(JSON.stringify({ isGood: String(messages.at(-1)?.content).includes('sunny') })),
  ),
});

const weather = tool({
  name: 'weather',
  description: 'Tells the weather in a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => (city === 'Rome' ? 'sunny' : 'rain'),
});
const book = tool({
  name: 'book',
  description: 'Books a trip.',
  input: z.object({ city: z.string() }),
  needsApproval: true,
  execute: ({ city }) => `booked ${city}`,
});

const trip = flow({
  name: 'trip',
  limits: { toolCalls: 10 },
  run: async (wish: string, { run, call, step, ask }) => {
    const past: string[] = [];
    for (let round = 1; round <= 3; round++) {
      const { output: plan } = await run(planner, [wish, ...past].join('\n'), { step: `plan-${round}` });
      const [city = ''] = plan.cities;
      past.push(`${city}: ${await call(weather, { city }, { step: `weather-${round}` })}`);
      const { output: verdict } = await run(judge, past.at(-1) ?? '', { step: `judge-${round}` });
      if (!verdict.isGood) continue;
      const day = await ask(`When to ${city}?`, { step: 'day', answer: z.string() });
      const number = await step('number', () => past.length);
      return `${await call(book, { city }, { step: 'book' })}, ${day}, after ${number} plans`;
    }
    return 'no trip';
  },
});

const host = memoryHost();
let outcome = await trip.run('Somewhere warm.', { host, runId: 'trip' }).outcome();
while (outcome.status === 'suspended') {
  for (const { id, reason, input, fingerprint } of outcome.pending) {
    console.log(id, JSON.stringify(input));
    const isQuestion = reason === 'external_result';
    await host.answer(
      'trip',
      id,
      isQuestion ? { type: 'result', fingerprint, value: 'Friday' } : { type: 'approve', fingerprint },
    );
  }
  outcome = await trip.resume('trip', { host }).outcome();
}
if (outcome.status === 'completed') console.log(outcome.output);
