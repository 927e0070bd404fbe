import { Agent, tool } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

interface ClerkOptions {
  readonly instrumentation: Instrumentation;
  /** Called when the payment begins. */
  readonly onPay?: () => Promise<void>;
}

/** An agent with all that a trace can show: a retry, parallel calls, an agent as a tool, a handoff and an approval. */
export function createClerk({ instrumentation, onPay }: ClerkOptions): Agent {
  const look = tool({
    name: 'look',
    input: z.object({ city: z.string() }),
    effect: 'read',
    execute: ({ city }) => `Sunny in ${city}.`,
  });
  const pay = tool({
    name: 'pay',
    input: z.object({}),
    effect: 'idempotent',
    needsApproval: true,
    execute: async () => {
      await onPay?.();
      return 'paid';
    },
  });
  const scout = new Agent({ name: 'scout', model: scriptedModel([respond.text('It is open.')], { name: 'small' }) });
  const payer = new Agent({
    name: 'payer',
    description: 'Pays.',
    model: scriptedModel(
      ({ messages }) => (messages.at(-1)?.content === 'paid' ? respond.text('Paid.') : respond.call('pay')),
      { name: 'large' },
    ),
    tools: [pay],
  });
  let attempts = 0;
  const turns = [
    respond.calls(['Oslo', 'Rome'].map((city) => ({ name: 'look', arguments: { city } }))),
    respond.call('ask', { prompt: 'Is it open?' }),
    respond.call('transfer_to_payer', { reason: 'A bill.' }),
  ];
  const model = scriptedModel(({ messages }) => {
    if (++attempts === 1) return respond.httpError(503);
    return turns[messages.filter(({ role }) => role === 'assistant').length] ?? respond.text('Nothing is left.');
  });
  return new Agent({
    name: 'clerk',
    model,
    tools: [look, scout.asTool({ name: 'ask', description: 'Asks.' })],
    handoffs: [payer],
    retry: { initialDelayMs: 0 },
    instrumentation,
  });
}
