import { Agent, type Outcome, type ToolContext, tool } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

interface Ledger {
  readonly paid: string[];
  readonly asked: string[];
}

/** Runs an agent whose process dies while `pay` runs, after its effect, and resumes the run. */
async function killWhilePaying(
  host: FaultyHost,
  onUnknownOutcome: (amount: number, key: string, ledger: Ledger) => unknown,
): Promise<{ outcome: Outcome; ledger: Ledger }> {
  const ledger: Ledger = { paid: [], asked: [] };
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ amount: z.number() }),
    execute: (_, { idempotencyKey }: ToolContext) => {
      ledger.paid.push(idempotencyKey);
      return 'paid';
    },
    onUnknownOutcome: ({ amount }, { idempotencyKey }) => {
      ledger.asked.push(idempotencyKey);
      return onUnknownOutcome(amount, idempotencyKey, ledger);
    },
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { amount: 5 }),
  );
  const agent = new Agent({ model, tools: [pay], clock: manualClock() });
  await agent
    .run('Pay.', { runId: 'run', host })
    .outcome()
    .catch(() => undefined);
  return { outcome: await agent.resume('run', { host }).outcome(), ledger };
}

describe.each(hosts)('on $name', ({ open }) => {
  const createDyingHost = () => new FaultyHost(open(), { at: 3, moment: 'within' });

  test('onUnknownOutcome returns the result of a call that a crash interrupted, and the call does not run again', async () => {
    const { outcome, ledger } = await killWhilePaying(createDyingHost(), (amount, key, { paid }) => {
      return paid.includes(key) ? `${amount} were paid` : 'nothing was paid';
    });
    expect(ledger).toEqual({ paid: ['run/tool:1.0:pay'], asked: ['run/tool:1.0:pay'] });
    expect(outcome.messages[2]).toMatchObject({ role: 'tool', content: '5 were paid' });
    expect(outcome.status).toBe('completed');
  });

  test('the error that onUnknownOutcome throws is the result of the call', async () => {
    const { outcome, ledger } = await killWhilePaying(createDyingHost(), () => {
      throw new Error('The bank does not answer.');
    });
    expect(ledger.paid).toHaveLength(1);
    expect(outcome.messages[2]).toMatchObject({ content: '{"error":"The bank does not answer."}' });
  });
});
