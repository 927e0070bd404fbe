import { Child } from '../compare/child.ts';
import { ContestantProcess } from '../compare/contestant-process.ts';
import type { ContestantEntry } from '../compare/contestants.ts';
import { createScenario, type Scenario } from '../compare/scenario.ts';
import type { ServerOrder } from '../compare/server.ts';
import type { EventLoopDelay } from '../compare/worker.ts';

const MS = 5_000;
const streams = { words: 500, writes: 'each', isStreamed: true, atOnce: 64 } as const;

export const AT_READING_SPEED = 'a chunk every 10 ms in each';

const STREAMS: Readonly<Record<string, Scenario>> = {
  [AT_READING_SPEED]: createScenario({ ...streams, pauseMs: 10 }),
  'as fast as the server can': createScenario(streams),
};

/** Delays by kind of stream, then by contestant. */
export type DelaysByStream = Readonly<Record<string, Readonly<Record<string, EventLoopDelay>>>>;

/** Measures the delay of the event loop while 64 streams are read. */
export async function measureDelays(entries: readonly ContestantEntry[]): Promise<DelaysByStream> {
  const delays: Record<string, Record<string, EventLoopDelay>> = {};
  for (const entry of entries) {
    const server = new Child<ServerOrder>('server.ts', { isApart: true });
    const competitor = new ContestantProcess(entry, { port: await server.waitUntilReady() });
    try {
      await competitor.start();
      for (const [stream, each] of Object.entries(STREAMS)) {
        const delay = await competitor.child.ask<EventLoopDelay>({ type: 'delay', scenario: each, ms: MS });
        delays[stream] = { ...delays[stream], [entry.name]: delay };
      }
    } finally {
      await competitor.child.stop();
      await server.stop();
    }
  }
  return delays;
}
