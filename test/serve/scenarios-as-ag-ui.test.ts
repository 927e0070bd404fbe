import type { Message } from '@ag-ui/core';
import { memoryHost, type RunEvent } from '@pawl/core';
import { createEventReader } from '@pawl/core/host';
import { agUiEvents } from '@pawl/serve/encode';
import { scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { runScenario } from '../invariants/run-scenario.ts';
import { createResponder } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { AgUiClient, createLegacyClient, watchWarnings } from './ag-ui-client.ts';

const THREAD = { threadId: 'a', runId: 'r' };

async function* toSource(events: readonly RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events;
}

/** What works in parallel has its messages in any order. */
function sortById(messages: readonly Message[]): readonly Message[] {
  return messages.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

describe('a client accepts what is sent, and has the messages that the journal gives', () => {
  const played = scenarios.filter(({ flow }) => flow === undefined); // `serve` has no flows.

  test.each(played)('$name', async (scenario) => {
    const warnings = watchWarnings();
    const host = memoryHost();
    const model = scriptedModel(createResponder(scenario));
    const { attempts, outcome } = await runScenario(scenario, { model, host, stream: true });
    let events: readonly RunEvent[] = [];
    const fetch = async (): Promise<Response> => agUiEvents(toSource(events), THREAD);
    const client = new AgUiClient('http://localhost', { fetch });
    const legacy = createLegacyClient(async () => agUiEvents(toSource(events), { ...THREAD, isLegacyClient: true }));
    const inputTokens: number[] = [];
    for (events of attempts) {
      const resume = client.agent.pendingInterrupts.map(
        ({ id }) => ({ interruptId: id, status: 'cancelled' }) as const,
      );
      const { failure, events: received } = await client.run({ resume });
      expect(failure).toBeUndefined();
      await legacy.runAgent({ resume });
      const end = received.at(-1);
      expect(end?.type).toMatch(/^RUN_(FINISHED|ERROR)$/);
      for (const { inputTokens: count = 0 } of (end?.['usage'] ?? []) as { inputTokens?: number }[])
        inputTokens.push(count);
    }
    expect(warnings).toEqual([]);
    expect(legacy.messages.filter(({ role }) => role !== 'activity')).toEqual(client.spoken);
    expect(inputTokens.reduce((sum, count) => sum + count, 0)).toBe(outcome.usage.inputTokens);

    const { record, events: journal } = await host.getRun('run');
    const complete = createEventReader(record);
    const replayed = journal.map((each): RunEvent => ({ ...complete(each), replayed: true }));
    events = [...replayed, ...attempts.flat().slice(-1)];
    const reader = new AgUiClient('http://localhost', { fetch });
    await reader.run();
    if (outcome.status !== 'aborted' && outcome.status !== 'failed')
      expect(sortById(reader.spoken)).toEqual(sortById(client.spoken));
  });
});
