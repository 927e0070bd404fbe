import type { ChatRequest } from '@pawl/core/chat';
import { checkHistory } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { sumUsage } from '../sum-usage.ts';
import { runOverHttp } from './run-over-http.ts';
import { listJournalEvents, runScenario, type ScenarioRun, sortEvents } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

describe.each(scenarios)('$name', (scenario) => {
  test('has the same outcome, journal events and requests, streamed and unstreamed', async () => {
    const streamed = await playScenario(scenario, true);
    const unstreamed = await playScenario(scenario, false);

    expect(streamed).toEqual(unstreamed);
    expect(checkHistory(streamed.outcome.messages)).toEqual([]);
    expect(sumUsage(streamed.outcome)).toEqual(streamed.outcome.usage);
    expect(streamed.outcome).toMatchObject({
      status: scenario.status,
      turnCount: scenario.requestCount ?? scenario.turns.length,
    });
  });
});

async function playScenario(
  scenario: Scenario,
  stream: boolean,
): Promise<Pick<ScenarioRun, 'outcome'> & Record<string, unknown>> {
  const { value, requests } = await runOverHttp(scenario, (model) => runScenario(scenario, { model, stream }));
  return {
    outcome: value.outcome,
    started: [...value.started].sort(), // Calls of parallel agents have no order.
    journalEvents: value.attempts.map((events) => sortEvents(listJournalEvents(events))),
    requests: groupByConversation(requests.map(({ stream: _, stream_options: __, ...request }) => request)),
  };
}

/** Requests of parallel agents have no order: groups them by conversation. */
function groupByConversation(requests: readonly ChatRequest[]): readonly (readonly [string, readonly ChatRequest[]])[] {
  const readStart = ({ messages }: ChatRequest): string => JSON.stringify(messages.slice(0, 2));
  return [...Map.groupBy(requests, readStart)].sort(([one], [other]) => (one < other ? -1 : 1));
}
