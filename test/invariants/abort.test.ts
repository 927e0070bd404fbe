import { Agent, openai, type RunEvent } from '@pawl/core';
import { checkHistory, manualClock, type OfflineServer, offlineServer, respond } from '@pawl/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { factsOf, type Life, live } from './life.ts';
import { overHttp } from './over-http.ts';
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
    'aborted at each event, a run leaves a transcript that can go on, stream: $stream',
    async ({ stream }) => {
      let events = 0;
      for (;;) {
        const { life, abortedIn } = await abortedAt(events, { scenario, stream });
        if (abortedIn === undefined) break;
        events++;
        const { outcome } = life;
        if (outcome.status === 'aborted') expect(outcome.reason).toBe('Enough.');
        else expect(restOf(life, abortedIn)).toEqual([]);
        expect(startedAfter(life, abortedIn)).toEqual([]);
        expect(checkHistory(outcome.messages)).toEqual([]);
        await expectGoesOn(life);
      }
      expect(events).toBeGreaterThan(0);
    },
  );
});

interface Aborted {
  readonly life: Life;
  /** The event at which it was aborted; `undefined` where the run has fewer. */
  readonly abortedIn: RunEvent | undefined;
}

async function abortedAt(
  index: number,
  { scenario, stream }: { readonly scenario: Scenario; readonly stream: boolean },
): Promise<Aborted> {
  let count = 0;
  let abortedIn: RunEvent | undefined;
  const { value: life } = await overHttp(scenario, (model) =>
    live(scenario, {
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
  return { life, abortedIn };
}

/** What still happened in that attempt, after which there was nothing left to abort: calls at work may be the last there is. */
function restOf({ attempts, outcome: { turnCount: turns } }: Life, abortedIn: RunEvent): readonly object[] {
  const rest = after(attempts, abortedIn).filter(({ type }) => type !== 'run.finished' && type !== 'run.suspended');
  return factsOf(rest.filter((event) => event.type !== 'tool.finished' || event.turn < turns));
}

/** An aborted run asks nobody any more, and starts no tool. */
function startedAfter({ outcome, attempts }: Life, abortedIn: RunEvent): readonly RunEvent[] {
  if (outcome.status !== 'aborted') return [];
  return after(attempts, abortedIn).filter(({ type }) => type === 'attempt.started' || type === 'tool.started');
}

function after(attempts: Life['attempts'], event: RunEvent): readonly RunEvent[] {
  const events = attempts.find((each) => each.includes(event)) ?? [];
  return events.slice(events.indexOf(event) + 1);
}

/** The offline server refuses a conversation that OpenAI's would refuse. */
async function expectGoesOn({ outcome: { messages } }: Life): Promise<void> {
  const agent = new Agent({ model: openai('m', { baseURL: going.baseURL }), clock: manualClock() });
  const outcome = await agent.run([...messages, { role: 'user', content: 'Go on.' }]).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Going on.' });
}
