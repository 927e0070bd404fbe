import type { Host, Outcome } from '@pawl/core';
import { createEventReader } from '@pawl/core/host';
import { inspectDump } from '@pawl/inspector';
import { scriptedModel } from '@pawl/testing';
import { expect } from 'vitest';
import { runScenario } from '../invariants/run-scenario.ts';
import { createResponder, type Scenario } from '../invariants/scenario.ts';
import { askInspector, asOperator, createAsk } from './ask-inspector.ts';

/** Runs a scenario on a host, and expects that the inspector shows the run, its events and its budget as they were, also from a dump. */
export async function expectShown(scenario: Scenario, host: Host): Promise<void> {
  const { outcome } = await runScenario(scenario, { model: scriptedModel(createResponder(scenario)), host });
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

  const { limits } = await ask('/budget/run');
  const spent = Object.fromEntries(limits.map((limit: Limit) => [limit.name, limit.spent]));
  expect(spent).toMatchObject({ requests: usage.requests, tokens: usage.totalTokens, toolCalls: toolCallCount });
  expect(spent['cost']).toBeCloseTo(usage.cost);
  const { spentBy } = limits.find(({ name }: Limit) => name === 'tokens');
  expect(new Set(spentBy)).toEqual(new Set(listShares(outcome)));

  const text = lines.map((line: object) => JSON.stringify(line)).join('\n');
  const askDump = createAsk(await inspectDump(text, { authorize: asOperator }));
  const dumped = await askDump('/v1/runs/run/events?journal=only');
  expect(withoutSeq(dumped.flatMap(readEvent))).toEqual(withoutSeq(lines.flatMap(readEvent)));
}

interface Limit {
  readonly name: string;
  readonly spent: number;
}

interface Event {
  readonly type: string;
}

async function readEvents(host: Host): Promise<readonly object[]> {
  const { record, events } = await host.getRun('run');
  return events.map(createEventReader(record)).map((event) => JSON.parse(JSON.stringify(event)));
}

/** A line of the runs API: an event, or the end. */
function readEvent({ event }: { readonly event?: Event }): readonly Event[] {
  return event === undefined ? [] : [event];
}

/** The numbers of events and positions belong to a reader and a host. */
function withoutSeq(events: readonly object[]): readonly object[] {
  return events.map((event) => ({ ...event, seq: 0, position: 0 }));
}

/** Who used how many tokens, as the run itself counted them. */
function listShares({ usageBy }: Outcome<unknown>): readonly object[] {
  return usageBy.flatMap(({ agent, tool, usage: { totalTokens: spent } }) =>
    spent === 0 ? [] : [{ agent, ...(tool !== undefined && { tool }), spent }],
  );
}
