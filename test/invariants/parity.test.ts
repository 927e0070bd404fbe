import type { ChatRequest } from '@pawl/core/chat';
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
      turnCount: scenario.played ?? scenario.turns.length,
    });
  });
});

async function told(scenario: Scenario, stream: boolean): Promise<Pick<Life, 'outcome'> & Record<string, unknown>> {
  const { value, requests } = await overHttp(scenario, (model) => live(scenario, { model, stream }));
  return {
    outcome: value.outcome,
    started: value.started,
    facts: value.attempts.map((events) => sorted(factsOf(events))),
    requests: byConversation(requests.map(({ stream: _, stream_options: __, ...request }) => request)),
  };
}

/** Requests of agents that run in parallel have no order between them: each conversation's are in order. */
function byConversation(requests: readonly ChatRequest[]): readonly (readonly [string, readonly ChatRequest[]])[] {
  const startOf = ({ messages }: ChatRequest): string => JSON.stringify(messages.slice(0, 2));
  return [...Map.groupBy(requests, startOf)].sort(([one], [other]) => (one < other ? -1 : 1));
}
