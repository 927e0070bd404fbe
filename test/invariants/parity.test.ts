import { checkHistory } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { factsOf, type Life, live, sorted } from './life.ts';
import { overHttp } from './over-http.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

describe.each(scenarios)('$name', (scenario) => {
  test('streamed and unstreamed, a run has the same outcome, facts and requests', async () => {
    const streamed = await told(scenario, true);
    const unstreamed = await told(scenario, false);

    expect(streamed).toEqual(unstreamed);
    expect(checkHistory(streamed.outcome.messages)).toEqual([]);
    expect(streamed.outcome).toMatchObject({
      status: scenario.status,
      turns: scenario.played ?? scenario.turns.length,
    });
  });
});

async function told(scenario: Scenario, stream: boolean): Promise<Pick<Life, 'outcome'> & Record<string, unknown>> {
  const { value, requests } = await overHttp(scenario, (model) => live(scenario, { model, stream }));
  return {
    outcome: value.outcome,
    started: value.started,
    facts: value.attempts.map((events) => sorted(factsOf(events))),
    requests: requests.map(({ stream: _, stream_options: __, ...request }) => request),
  };
}
