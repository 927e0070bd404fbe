import { type OpenAIOptions, openai } from '@pawl/core';
import type { Case, Surroundings } from './case.ts';
import { answering } from './cases/answering.ts';
import { calling } from './cases/calling.ts';
import { failing } from './cases/failing.ts';
import { stopping } from './cases/stopping.ts';
import { waiting } from './cases/waiting.ts';

/** What holds of core on every runtime: no test runner, nothing of one runtime. Each case has a server of its own. */
export const suite: readonly Case[] = [...answering, ...calling, ...failing, ...stopping, ...waiting];

/** How requests are sent: as the runtime is found to send them, or by its `fetch`. */
export type Sending = 'platform' | 'fetch';

/** What a runtime is told: for each way of sending the address of each case's server, by the case's name. */
export type Addresses = { readonly [S in Sending]?: Readonly<Record<string, string>> };

/** Runs all cases, one after the other; a line each, and the count last. */
export async function report(addresses: Addresses): Promise<string> {
  const lines: string[] = [];
  let failed = 0;
  for (const sending of ['platform', 'fetch'] as const) {
    const servers = addresses[sending];
    if (servers === undefined) continue;
    for (const one of suite) {
      const why = await failureOf(one, { baseURL: String(servers[one.name]), sending });
      if (why !== undefined) failed++;
      lines.push(why === undefined ? `ok ${one.name} (${sending})` : `FAILED ${one.name} (${sending}): ${why}`);
    }
  }
  return [...lines, `${lines.length - failed} passed, ${failed} failed`].join('\n');
}

interface Running {
  readonly baseURL: string;
  readonly sending: Sending;
}

/** A case that hangs is named, and the others have their turn. */
async function failureOf({ run }: Case, running: Running): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hanging = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`It did not end within ${CASE_MS / 1_000} s.`), CASE_MS);
  });
  try {
    return await Promise.race([run(surroundings(running)).then(() => undefined), hanging]);
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(timer);
  }
}

const CASE_MS = 10_000;

function surroundings({ baseURL, sending }: Running): Surroundings {
  // Not the function itself: workerd's wants to be called on what it belongs to.
  const fetch: NonNullable<OpenAIOptions['fetch']> = (url, init) => globalThis.fetch(url, init);
  return {
    baseURL,
    model: (options = {}) =>
      openai('any', { baseURL, apiKey: 'key', ...options, ...(sending === 'fetch' ? { fetch } : {}) }),
  };
}
