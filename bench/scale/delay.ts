import { Child } from '../compare/child.ts';
import { Competitor } from '../compare/competitor.ts';
import type { Entry } from '../compare/contestants.ts';
import { type Scenario, scenario } from '../compare/scenario.ts';
import type { ServerOrder } from '../compare/server.ts';
import type { Delay } from '../compare/worker.ts';

const MS = 5_000;
const streams = { words: 500, writes: 'each', isStreamed: true, atOnce: 64 } as const;

export const AT_READING_SPEED = 'a chunk every 10 ms in each';

const STREAMS: Readonly<Record<string, Scenario>> = {
  [AT_READING_SPEED]: scenario({ ...streams, pauseMs: 10 }),
  'as fast as the server can': scenario(streams),
};

/** By how the chunks come, then by contestant. */
export type Delays = Readonly<Record<string, Readonly<Record<string, Delay>>>>;

/** How late the event loop's turns are while 64 streams are read. */
export async function measureDelays(entries: readonly Entry[]): Promise<Delays> {
  const delays: Record<string, Record<string, Delay>> = {};
  for (const entry of entries) {
    const server = new Child<ServerOrder>('server.ts', { isApart: true });
    const competitor = new Competitor(entry, { port: await server.ready() });
    try {
      await competitor.start();
      for (const [how, each] of Object.entries(STREAMS)) {
        const delay = await competitor.child.ask<Delay>({ type: 'delay', scenario: each, ms: MS });
        delays[how] = { ...delays[how], [entry.name]: delay };
      }
    } finally {
      await competitor.child.stop();
      await server.stop();
    }
  }
  return delays;
}
