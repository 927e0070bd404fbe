import { appendFileSync } from 'node:fs';
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Creates an agent that looks, then pays, and writes each call to a journal. `look` runs until `looking` resolves. */
export function createSleeper(journal: string, looking?: Promise<void>): Agent {
  const createTool = (name: string, effect: 'read' | 'non-idempotent', work?: Promise<void>) =>
    tool({
      name,
      description: 'Does it.',
      input: z.object({}),
      effect,
      execute: async () => {
        appendFileSync(journal, `${name}\n`);
        await work;
        return name;
      },
    });
  const model = scriptedModel(({ messages }) => {
    const done = messages.filter(({ role }) => role === 'tool').length;
    return [respond.call('look', {}), respond.call('pay', {})][done] ?? respond.text('Done.');
  });
  return new Agent({
    name: 'sleeper',
    model,
    tools: [createTool('look', 'read', looking), createTool('pay', 'non-idempotent')],
  });
}
