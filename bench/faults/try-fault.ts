import type { Clock } from '@pawl/core';
import { systemClock } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { ANSWER, type Fault, type FaultTrial, type FrameworkRun } from './fault.ts';

export interface TryOptions {
  /** Runs a framework, in this process or in another one. */
  readonly run: (baseURL: string) => Promise<FrameworkRun>;
  /** The clock for request times. @defaultValue the machine's clock */
  readonly clock?: Clock;
}

/** Serves a fault over HTTP on 127.0.0.1, and records what a framework does. */
export async function tryFault(fault: Fault, { run, clock = systemClock }: TryOptions): Promise<FaultTrial> {
  const times: number[] = [];
  const server = await offlineServer({
    // The server accepts requests that OpenAI's would refuse: each fault tests one thing.
    checks: 'none',
    script: async (request) => {
      const index = times.push(clock.now()) - 1;
      return (await fault.serve(request, index)) ?? respond.text(ANSWER);
    },
  });
  try {
    const did = await run(server.baseURL);
    const requests = server.requests.map(({ body }, index) => ({ atMs: times[index] ?? 0, body }));
    return { did, requests };
  } finally {
    await server.close();
  }
}
