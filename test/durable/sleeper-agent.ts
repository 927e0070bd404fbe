import { appendFileSync } from 'node:fs';
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/** Looks, then pays. Each is written to a journal; `look` takes as long as its promise. */
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
