import { type OpenAIOptions, openai } from '@pawl/core';
import type { CaseScope, SuiteCase } from './case.ts';
import { answeringCases } from './cases/answering.ts';
import { callingCases } from './cases/calling.ts';
import { failingCases } from './cases/failing.ts';
import { servingCases } from './cases/serving.ts';
import { stoppingCases } from './cases/stopping.ts';
import { tracingCases } from './cases/tracing.ts';
import { waitingCases } from './cases/waiting.ts';

/** Tests of core for every runtime. They use no test runner and no API of a single runtime. Each case has a server of its own. */
export const suite: readonly SuiteCase[] = [
  ...answeringCases,
  ...callingCases,
  ...failingCases,
  ...servingCases,
  ...stoppingCases,
  ...tracingCases,
  ...waitingCases,
];

/** How requests are sent: by core's transport for the runtime, or by the runtime's `fetch`. */
export type Transport = 'platform' | 'fetch';

/** The addresses of the servers: by transport, then by the case's name. */
export type Addresses = { readonly [S in Transport]?: Readonly<Record<string, string>> };

/** Runs all cases in sequence. Returns one line for each case, then the counts. */
export async function runSuite(addresses: Addresses): Promise<string> {
  const lines: string[] = [];
  let failed = 0;
  for (const transport of ['platform', 'fetch'] as const) {
    const servers = addresses[transport];
    if (servers === undefined) continue;
    for (const one of suite) {
      const reason = await runCase(one, { baseURL: String(servers[one.name]), transport });
      if (reason !== undefined) failed++;
      lines.push(
        reason === undefined ? `ok ${one.name} (${transport})` : `FAILED ${one.name} (${transport}): ${reason}`,
      );
    }
  }
  return [...lines, `${lines.length - failed} passed, ${failed} failed`].join('\n');
}

interface CaseTransport {
  readonly baseURL: string;
  readonly transport: Transport;
}

/** Runs a case. Resolves with the reason if it fails or hangs. */
async function runCase({ run }: SuiteCase, running: CaseTransport): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hanging = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`The case did not end within ${CASE_MS / 1_000} s.`), CASE_MS);
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
  // Wrapped, because workerd's `fetch` must be called on `globalThis`.
  const fetch: NonNullable<OpenAIOptions['fetch']> = (url, init) => globalThis.fetch(url, init);
  return {
    baseURL,
    model: (options = {}) =>
      openai('any', { baseURL, apiKey: 'key', ...options, ...(transport === 'fetch' ? { fetch } : {}) }),
  };
}
