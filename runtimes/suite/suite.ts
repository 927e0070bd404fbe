import { type OpenAIOptions, openai } from '@pawl/core';
import type { CaseScope, SuiteCase } from './case.ts';
import { answeringCases } from './cases/answering.ts';
import { callingCases } from './cases/calling.ts';
import { failingCases } from './cases/failing.ts';
import { stoppingCases } from './cases/stopping.ts';
import { waitingCases } from './cases/waiting.ts';

/** What holds of core on every runtime: no test runner, nothing of one runtime. Each case has a server of its own. */
export const suite: readonly SuiteCase[] = [
  ...answeringCases,
  ...callingCases,
  ...failingCases,
  ...stoppingCases,
  ...waitingCases,
];

/** How requests are sent: as the runtime is found to send them, or by its `fetch`. */
export type Transport = 'platform' | 'fetch';

/** What a runtime is told: for each way of sending the address of each case's server, by the case's name. */
export type Addresses = { readonly [S in Transport]?: Readonly<Record<string, string>> };

/** Runs all cases, one after the other; a line each, and the count last. */
export async function runSuite(addresses: Addresses): Promise<string> {
  const lines: string[] = [];
  let failed = 0;
  for (const transport of ['platform', 'fetch'] as const) {
    const servers = addresses[transport];
    if (servers === undefined) continue;
    for (const one of suite) {
      const why = await runCase(one, { baseURL: String(servers[one.name]), transport });
      if (why !== undefined) failed++;
      lines.push(why === undefined ? `ok ${one.name} (${transport})` : `FAILED ${one.name} (${transport}): ${why}`);
    }
  }
  return [...lines, `${lines.length - failed} passed, ${failed} failed`].join('\n');
}

interface CaseTransport {
  readonly baseURL: string;
  readonly transport: Transport;
}

/** A case that hangs is named, and the others have their turn. */
async function runCase({ run }: SuiteCase, running: CaseTransport): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hanging = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`It did not end within ${CASE_MS / 1_000} s.`), CASE_MS);
  });
  try {
    return await Promise.race([run(createScope(running)).then(() => undefined), hanging]);
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(timer);
  }
}

const CASE_MS = 10_000;

function createScope({ baseURL, transport }: CaseTransport): CaseScope {
  // Not the function itself: workerd's wants to be called on what it belongs to.
  const fetch: NonNullable<OpenAIOptions['fetch']> = (url, init) => globalThis.fetch(url, init);
  return {
    baseURL,
    model: (options = {}) =>
      openai('any', { baseURL, apiKey: 'key', ...options, ...(transport === 'fetch' ? { fetch } : {}) }),
  };
}
