import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPrograms } from '../scripts/code-blocks/check-pages.ts';
import { readPage } from '../scripts/code-blocks/read-page.ts';

/** The agent of the production checklist, as shown on the page. */
function productionAgent(): string {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'guide', 'production.md'), 'utf8');
  const [, code] = /```ts\n([\s\S]*?\n)const host = /.exec(page) ?? [];
  if (code === undefined || !code.includes('limits: {')) throw new Error('docs/guide/production.md shows no agent.');
  return code;
}

// The recommendations of docs/guide/testing.md.
const RECIPES = `
import { offlineServer, respond, scriptedModel, testTool } from '@pawl/testing';
import { evaluate, exactMatch, report } from '@pawl/testing/evaluation';
import { exploreAgent, schemaModel } from '@pawl/testing/explore';
import { expect, test } from 'vitest';

const responses = () => [respond.call('find_order', { order: 7 }), respond.text('It is shipped.')];

test('runs with a scripted model', async () => {
  const model = scriptedModel(responses());
  const outcome = await agent.with({ model }).run('Where is order 7?');
  expect(outcome).toMatchObject({ output: 'It is shipped.', usage: { cost: 0, requests: 2 } });
  model.assertDone();
});

test('stops a scripted model with a price at the cost limit', async () => {
  const model = scriptedModel(responses(), { price: { input: 10_000, output: 10_000 } });
  expect(await agent.with({ model }).run('Where is order 7?').outcome()).toMatchObject({ status: 'limited', limit: 'cost' });
});

test('runs with an offline server', async () => {
  const server = await offlineServer({ script: responses() });
  const model = openai('any', { baseURL: server.baseURL, price: { input: 0.25, output: 2 } });
  expect((await agent.with({ model }).run('Where is order 7?')).usage.cost).toBeGreaterThan(0);
  await server.close();
});

test('explores every tool without a script', async () => {
  const { statuses, tools } = await exploreAgent(agent, { seeds: 12 });
  expect(statuses).toEqual({ completed: 12 });
  expect(tools['find_order']?.calls).toBeGreaterThan(12);
  expect(await agent.with({ model: schemaModel() }).run('Go.').outcome()).toMatchObject({ status: 'completed' });
});

test('tests one tool', async () => {
  expect(await testTool(findOrder).call({ order: 7 })).toMatchObject({ status: 'finished' });
});

test('evaluates the answers', async () => {
  const tested = agent.with({ model: scriptedModel(() => respond.text('shipped')) });
  const evaluation = await evaluate({
    name: 'orders',
    cases: [{ name: 'seven', input: 'Where is order 7?', expected: 'shipped' }],
    run: ({ input }) => tested.run(input).outcome(),
    scorers: [exactMatch()],
  });
  expect(report(evaluation, { threshold: 1, print: () => undefined }).exitCode).toBe(0);
});
`;

test('the recommendations of docs/guide/testing.md test the agent of the production checklist', async () => {
  const code = `process.env.OPENAI_API_KEY = 'not-a-key';\n${productionAgent()}${RECIPES}`;
  const { programs } = readPage('docs/recipes.md', ['```ts', code.replaceAll('```', ''), '```'].join('\n'));
  expect(await checkPrograms(programs, 'docs')).toEqual([]);
});
