import { Agent, type ChatModel, type Outcome, type RunEvent } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { hosts } from './hosts.ts';

const PRICE = { input: 1_000_000, output: 1_000_000 }; // A dollar a token: costs are counts.

describe.each(hosts)('on $name', ({ open }) => {
  test('with a cost limit, each crash during a request charges its estimate once', async () => {
    const { outcome, events, requests } = await killTwice(open(), { cost: 1_000 });
    const lost = events.filter((event) => event.type === 'request.lost');
    expect(lost).toHaveLength(2);
    for (const { usage } of lost) expect(usage).toMatchObject({ requests: 0, estimated: true });
    const estimate = lost[0]?.usage.cost ?? 0;
    expect(estimate).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ status: 'completed', output: 'Done.' });
    expect(outcome.usage.cost).toBe(14 + 2 * estimate); // The usage of the response, as the script counts it.
    expect(requests).toBe(3);
  });

  test('the cost of requests that crashes interrupted counts against the limit', async () => {
    const { outcome, requests } = await killTwice(open(), { cost: 18 });
    expect(outcome).toMatchObject({ status: 'limited', limit: 'cost' });
    expect(requests).toBe(2);
  });

  test('without a cost limit, a request that a crash interrupted is sent again and not charged', async () => {
    const { outcome, events } = await killTwice(open(), {});
    expect(events.some(({ type }) => type === 'request.lost')).toBe(false);
    expect(outcome.usage.cost).toBe(14);
  });
});

interface KilledRun {
  readonly outcome: Outcome;
  readonly events: readonly RunEvent[];
  readonly requests: number;
}

/** Runs one turn. The first two processes die during the request. */
async function killTwice(
  inner: ReturnType<(typeof hosts)[number]['open']>,
  limits: { readonly cost?: number },
): Promise<KilledRun> {
  const scripted = scriptedModel(() => respond.text('Done.'), { price: PRICE });
  const model: ChatModel = scripted;
  const events: RunEvent[] = [];
  const agent = new Agent({ model, limits, modelSettings: { max_completion_tokens: 5 } });
  const kill = (at: number) => new FaultyHost(inner, { at, moment: 'within' });
  const watchRun = (run: ReturnType<typeof agent.run>): Promise<Outcome> => {
    run.on('*', (event) => event.replayed !== true && events.push(event));
    return run.outcome();
  };
  await expect(watchRun(agent.run('Go.', { runId: 'run', host: kill(2) }))).rejects.toThrow('gone');
  const second = watchRun(agent.resume('run', { host: kill(1) })); // The first step is recorded.
  const early = await second.catch(() => undefined);
  const outcome = early ?? (await watchRun(agent.resume('run', { host: inner })));
  return { outcome, events, requests: scripted.requests.length };
}
