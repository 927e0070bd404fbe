import { Agent, tool } from '@pawl/core';
import type { Instrumentation } from '@pawl/core/instrumentation';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

interface TracedAgentOptions {
  readonly instrumentation: Instrumentation;
  /** Called when the third step begins. */
  readonly onThird?: () => void | Promise<void>;
  /** Whether an earlier process has had the first answers of the model. */
  readonly isResumed?: boolean;
}

/** An agent that takes three steps, one a turn. */
export function createTracedAgent({ instrumentation, onThird, isResumed = false }: TracedAgentOptions): Agent {
  const step = tool({
    name: 'step',
    input: z.object({ number: z.number() }),
    effect: 'idempotent',
    execute: async ({ number }) => {
      if (number === 3) await onThird?.();
      return `step ${number}`;
    },
  });
  const calls = [1, 2, 3].map((number) => respond.call('step', { number }));
  const model = scriptedModel([...(isResumed ? [] : calls), respond.text('Done.')]);
  return new Agent({ name: 'walker', model, tools: [step], instrumentation });
}
