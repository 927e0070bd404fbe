// What a file may export besides agents: where runs are kept, and the context of every run.
import { Agent, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

export const host = sqliteHost(String(process.env['PAWL_TEST_HOST_FILE']));

export const context = ({
  principal,
  record,
}: {
  readonly principal: { readonly id: string };
  readonly record?: object;
}) => ({
  user: `${principal.id}${record === undefined ? '' : ', again'}`,
});

const greet = tool({
  name: 'greet',
  description: 'Greets the user.',
  input: z.object({}),
  needsApproval: true,
  execute: (_, { context: { user } }: { readonly context: { readonly user: string } }) => `Hello ${user}.`,
});

export const first = new Agent({
  name: 'first',
  model: scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? respond.text(String(messages.at(-1)?.content)) : respond.call('greet', {}),
  ),
  tools: [greet],
});
export const second = new Agent({ name: 'second', model: scriptedModel(() => respond.text('The second.')) });
