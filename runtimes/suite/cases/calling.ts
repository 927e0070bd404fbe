import { Agent, tool } from '@pawl/core';
import { z } from 'zod';
import { assertSame, type SuiteCase } from '../case.ts';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  input: z.object({ city: z.string(), days: z.number().int().default(1) }),
  effect: 'read',
  execute: ({ city, days }) => ({ city, days, sky: 'clear' }),
});

const broken = tool({
  name: 'broken',
  description: 'Does not work.',
  input: z.object({}),
  execute: () => {
    throw new Error('It is broken.');
  },
});

async function runForResults(agent: Agent, stream: boolean): Promise<readonly unknown[]> {
  const { messages, output } = await agent.run('Go.', { stream });
  return [...messages.filter(({ role }) => role === 'tool').map(({ content }) => content), output];
}

/** Tools, agents as tools, and handoffs. */
export const callingCases: readonly SuiteCase[] = [
  {
    name: 'executes the calls of a turn, and returns their results in order',
    async run({ model }) {
      const agent = new Agent({ model: model(), tools: [weather, broken] });
      const expected = [
        '{"city":"Oslo","days":1,"sky":"clear"}',
        '{"error":"It is broken."}',
        '{"city":"Rome","days":3,"sky":"clear"}',
        'Clear.',
      ];
      for (const stream of [false, true]) assertSame(await runForResults(agent, stream), expected);
    },
  },
  {
    name: 'reports invalid arguments to the model, which calls again',
    async run({ model }) {
      const [problem, result, output] = await runForResults(new Agent({ model: model(), tools: [weather] }), false);
      assertSame(String(problem).includes('city'), true);
      assertSame([result, output], ['{"city":"Oslo","days":1,"sky":"clear"}', 'Clear.']);
    },
  },
  {
    name: 'runs an agent as a tool, with its path in the events',
    async run({ model }) {
      const inner = new Agent({ name: 'inner', model: model(), tools: [weather] });
      const research = inner.asTool({ name: 'research', description: 'Finds things out.' });
      const run = new Agent({ name: 'outer', model: model(), tools: [research] }).run('Go.');
      const paths = new Set<string>();
      run.on('*', ({ path }) => paths.add(path));
      const { output, toolCallCount: toolCalls } = await run;
      assertSame([output, toolCalls, [...paths]], ['It is clear in Oslo.', 2, ['', 'tool:1.0']]);
    },
  },
  {
    name: 'hands a conversation off to another agent',
    async run({ model }) {
      const billing = new Agent({ name: 'billing', description: 'Knows bills.', model: model() });
      const { agent, output } = await new Agent({ name: 'desk', model: model(), handoffs: [billing] }).run('My bill?');
      assertSame([agent, output], ['billing', 'It is 7 euros.']);
    },
  },
];
