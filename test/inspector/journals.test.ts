import { type Host, memoryHost, type Outcome } from '@pawl/core';
import { createEventReader } from '@pawl/core/host';
import { inspectDump } from '@pawl/inspector';
import { manualClock, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { hosts } from '../durable/hosts.ts';
import { runScenario } from '../invariants/run-scenario.ts';
import { createResponder, createScenarioAgent } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { handedOver } from '../invariants/scenarios-handoffs.ts';
import { cappedRequests } from '../invariants/scenarios-nested.ts';
import { askInspector, asOperator, createAsk } from './ask-inspector.ts';

interface Limit {
  readonly name: string;
  readonly spent: number;
  readonly spentBy: readonly { readonly spent: number }[];
}

async function readEvents(host: Host): Promise<readonly object[]> {
  const { record, events } = await host.getRun('run');
  return events.map(createEventReader(record)).map((event) => JSON.parse(JSON.stringify(event)));
}

for (const { name, open } of hosts) {
  describe(`shows the run of each scenario as it was (${name})`, () => {
    test.each(scenarios)('$name', async (scenario) => {
      const host = open();
      const model = scriptedModel(createResponder(scenario));
      const { outcome } = await runScenario(scenario, { model, host });
      const ask = askInspector(host);

      const { data } = await ask('/v1/runs');
      expect(data).toHaveLength(1);
      const { usage, turnCount, toolCallCount } = outcome;
      expect(data[0]).toMatchObject({
        id: 'run',
        status: scenario.status,
        details: { totals: { usage, turnCount, toolCallCount }, forkedFrom: null },
      });

      const lines = await ask('/v1/runs/run/events?journal=only');
      const recorded = lines.flatMap(readEvent).filter(({ type }: Event) => type !== 'run.finished');
      expect(withoutSeq(recorded)).toEqual(withoutSeq(await readEvents(host)));

      const budget = await ask('/budget/run');
      const spent = Object.fromEntries(budget.limits.map(({ name: limit, spent: used }: Limit) => [limit, used]));
      expect(spent).toMatchObject({ requests: usage.requests, tokens: usage.totalTokens, toolCalls: toolCallCount });
      expect(spent['cost']).toBeCloseTo(usage.cost);
      for (const { spentBy, spent: sum } of budget.limits.filter((limit: Limit) => limit.name === 'tokens')) {
        expect(spentBy.reduce((total: number, share: { spent: number }) => total + share.spent, 0)).toBe(sum);
      }

      const dump = await inspectDump(lines.map((line: object) => JSON.stringify(line)).join('\n'), {
        authorize: asOperator,
      });
      const again = await createAsk(dump)('/v1/runs/run/events?journal=only');
      expect(withoutSeq(again.flatMap(readEvent))).toEqual(withoutSeq(lines.flatMap(readEvent)));
    });
  });
}

interface Event {
  readonly type: string;
}

/** A line of the runs API: an event, or the end. */
function readEvent({ event }: { readonly event?: Event }): readonly Event[] {
  return event === undefined ? [] : [event];
}

/** The numbers of events and positions belong to a reader and a host. */
function withoutSeq(events: readonly object[]): readonly object[] {
  return events.map((event) => ({ ...event, seq: 0, position: 0 }));
}

/** Runs whose replay is another one: an agent as a tool is answered without its requests, and an approval of a handoff is asked for again. */
const CHANGED: ReadonlySet<string> = new Set([cappedRequests.name, handedOver.name]);

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
