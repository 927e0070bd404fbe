import { Agent, jsonSchema, memoryHost, type Outcome, tool } from '@pawl/core';
import { inputGuard } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { hosts } from '../durable/hosts.ts';
import { runScenario } from '../invariants/run-scenario.ts';
import { createResponder, createScenarioAgent } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { lastAgentFirst } from '../invariants/scenarios-conversations.ts';
import { handedOver } from '../invariants/scenarios-handoffs.ts';
import { cappedRequests } from '../invariants/scenarios-nested.ts';
import { askInspector } from './ask-inspector.ts';
import { expectShown } from './expect-shown.ts';

for (const { name, open } of hosts) {
  describe(`shows the run of each scenario as it was (${name})`, () => {
    test.each(scenarios)('$name', (scenario) => expectShown(scenario, open()));
  });
}

test('a list says of each of the eight endings why', async () => {
  const host = memoryHost();
  const run = async (
    runId: string,
    script: Parameters<typeof scriptedModel>[0],
    options: object = {},
  ): Promise<void> => {
    const agent = new Agent({ name: 'a', model: scriptedModel(script), retry: { maxAttempts: 1 }, ...options });
    await agent.run('Go.', { host, runId }).outcome();
  };
  const ask = tool({ name: 'ask', input: jsonSchema({ type: 'object' }) });
  const middleware = [
    inputGuard({ name: 'no_go', mode: 'blocking', check: () => ({ type: 'refuse', reason: 'Not this.' }) }),
  ];
  await run('completed', [respond.text('Done.')]);
  await run('suspended', [respond.call('ask')], { tools: [ask] });
  await run('limited', [respond.call('none')], { limits: { turns: 1 } });
  await run('truncated', [respond.truncated('It'), respond.truncated('It')]);
  await run('filtered', [respond.filtered('It')]);
  await run('refused', [], { middleware });
  await run('failed', [respond.httpError(401, { message: 'Wrong key.' })]);
  const agent = new Agent({ name: 'a', model: scriptedModel([]) });
  await host.enqueue('a', 'Go.', { runId: 'aborted' });
  await host.cancel('aborted', { reason: 'Not needed.' });
  await agent.resume('aborted', { host }).outcome();
  const { data } = await askInspector(host)('/v1/runs?order=asc');
  const outcomes = Object.fromEntries(data.map(({ id, outcome }: { id: string; outcome: object }) => [id, outcome]));
  expect(outcomes).toMatchObject({
    completed: { status: 'completed', text: 'Done.' },
    suspended: { status: 'suspended', pending: [{ reason: 'external_result' }] },
    limited: { status: 'limited', limit: 'turns', max: 1, spent: 1 },
    truncated: { status: 'truncated' },
    filtered: { status: 'filtered' },
    refused: { status: 'refused', guard: 'no_go', refusal: 'Not this.' },
    failed: { status: 'failed', error: { code: 'http.401' } },
    aborted: { status: 'aborted', reason: 'Not needed.' },
  });
});

/** Runs whose replay is another one: an agent as a tool is answered without its requests, an approval of a handoff is asked for again, and a replay is in no conversation. */
const CHANGED: ReadonlySet<string> = new Set([cappedRequests.name, handedOver.name, lastAgentFirst.name]);

describe('a recorded replay of each scenario ends as the run did, and starts no tool', () => {
  const replayed = scenarios.filter(
    ({ name, flow, steering }) => flow === undefined && steering === undefined && !CHANGED.has(name),
  );

  test.each(replayed)('$name', async (scenario) => {
    const host = memoryHost();
    const { outcome } = await runScenario(scenario, { model: scriptedModel(createResponder(scenario)), host });
    const started: string[] = [];
    const model = scriptedModel(createResponder(scenario));
    const agent = createScenarioAgent(scenario, { started, model, clock: manualClock() });
    const ask = askInspector(host, { agents: [agent] });
    const { runId } = await ask('/replay', { runId: 'run', before: 'start', mode: 'recorded' });
    await expect.poll(async () => (await ask(`/v1/runs/${runId}`)).status).not.toMatch(/queued|running|interrupted/);
    const run = await ask(`/v1/runs/${runId}`);
    expect({ status: run.status, text: run.outcome.text }).toEqual({ status: outcome.status, text: readText(outcome) });
    expect(started).toEqual([]);
  });
});

function readText(outcome: Outcome<unknown>): string | undefined {
  return 'text' in outcome ? outcome.text : undefined;
}
