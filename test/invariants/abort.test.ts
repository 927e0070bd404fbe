import { Agent, openai, type RunEvent } from '@pawl/core';
import { checkHistory, manualClock, type OfflineServer, offlineServer, respond } from '@pawl/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOverHttp } from './run-over-http.ts';
import { listJournalEvents, runScenario, type ScenarioRun } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const STREAMS = [{ stream: true }, { stream: false }];

let going: OfflineServer;

beforeAll(async () => {
  going = await offlineServer({ script: () => respond.text('Going on.'), keepRequests: 1 });
});

afterAll(() => going.close());

describe.each(scenarios)('$name', (scenario) => {
  test.each(STREAMS)(
    'leaves a valid transcript when the run is aborted at any event, stream: $stream',
    async ({ stream }) => {
      let events = 0;
      for (;;) {
        const { life, abortEvent: abortedIn } = await abortAt(events, { scenario, stream });
        if (abortedIn === undefined) break;
        events++;
        const { outcome } = life;
        if (outcome.status === 'aborted') expect(outcome.reason).toBe('Enough.');
        else expect(listLaterEvents(life, abortedIn)).toEqual([]);
        expect(listLaterStarts(life, abortedIn)).toEqual([]);
        expect(checkHistory(outcome.messages)).toEqual([]);
        await expectGoesOn(life);
      }
      expect(events).toBeGreaterThan(0);
    },
  );
});

interface AbortedRun {
  readonly life: ScenarioRun;
  /** The event at which the run was aborted; `undefined` if the run has fewer events. */
  readonly abortEvent: RunEvent | undefined;
}

async function abortAt(
  index: number,
  { scenario, stream }: { readonly scenario: Scenario; readonly stream: boolean },
): Promise<AbortedRun> {
  let count = 0;
  let abortedIn: RunEvent | undefined;
  const { value: life } = await runOverHttp(scenario, (model) =>
    runScenario(scenario, {
      model,
      stream,
      watch: (run) =>
        run.on('*', (event) => {
          if (count++ !== index) return;
          abortedIn = event;
          run.abort('Enough.');
        }),
    }),
  );
  return { life, abortEvent: abortedIn };
}

/** Later events of the same attempt. Results of running calls may come last. */
function listLaterEvents(
  { attempts, outcome: { turnCount: turns } }: ScenarioRun,
  abortedIn: RunEvent,
): readonly object[] {
  const rest = listEventsAfter(attempts, abortedIn).filter(
    ({ type }) => type !== 'run.finished' && type !== 'run.suspended',
  );
  return listJournalEvents(rest.filter((event) => event.type !== 'tool.finished' || event.turn < turns));
}

/** An aborted run sends no request and starts no tool. */
function listLaterStarts({ outcome, attempts }: ScenarioRun, abortedIn: RunEvent): readonly RunEvent[] {
  if (outcome.status !== 'aborted') return [];
  return listEventsAfter(attempts, abortedIn).filter(
    ({ type }) => type === 'attempt.started' || type === 'tool.started',
  );
}

function listEventsAfter(attempts: ScenarioRun['attempts'], event: RunEvent): readonly RunEvent[] {
  const events = attempts.find((each) => each.includes(event)) ?? [];
  return events.slice(events.indexOf(event) + 1);
}

/** The offline server refuses a conversation that OpenAI's would refuse. */
async function expectGoesOn({ outcome: { messages } }: ScenarioRun): Promise<void> {
  const agent = new Agent({ model: openai('m', { baseURL: going.baseURL }), clock: manualClock() });
  const outcome = await agent.run([...messages, { role: 'user', content: 'Go on.' }]).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Going on.' });
}
