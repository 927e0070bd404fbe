import type { Clock } from '@pawl/core';
import { systemClock } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { ANSWER, type Did, type Fault, type Seen } from './fault.ts';

export interface Trying {
  /** Has a framework answer, in this process or in one of its own. */
  readonly drive: (baseURL: string) => Promise<Did>;
  /** When requests came. @defaultValue the machine's */
  readonly clock?: Clock;
}

/** Serves a fault over HTTP on 127.0.0.1, and sees what a framework makes of it. */
export async function tryFault(fault: Fault, { drive, clock = systemClock }: Trying): Promise<Seen> {
  const times: number[] = [];
  const server = await offlineServer({
    // What OpenAI's server would refuse is taken: a row tests one thing.
    checks: 'none',
    script: async (request) => {
      const index = times.push(clock.now()) - 1;
      return (await fault.serve(request, index)) ?? respond.text(ANSWER);
    },
  });
  try {
    const did = await drive(server.baseURL);
    const requests = server.requests.map(({ body }, index) => ({ atMs: times[index] ?? 0, body }));
    return { did, requests };
  } finally {
    await server.close();
  }
}
