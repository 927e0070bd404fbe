import { Agent, conversation, memoryConversations, memoryHost, PawlError, tool } from '@pawl/core';
import { z } from 'zod';
import { assertSame, type SuiteCase } from '../case.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays an amount in euros.',
  input: z.object({ to: z.string(), amount: z.number() }),
  needsApproval: true,
  preview: ({ to, amount }) => `${amount} EUR to ${to}`,
  execute: ({ to, amount }) => `paid ${amount} EUR to ${to}`,
});

/** Runs that wait for people, and conversations of several runs. */
export const waitingCases: readonly SuiteCase[] = [
  {
    name: 'suspends for approval, and does not execute a denied call',
    async run({ model }) {
      const host = memoryHost();
      const agent = new Agent({ model: model(), tools: [pay] });
      const outcome = await agent.run('Pay.', { host, runId: 'run' }).outcome();
      if (outcome.status !== 'suspended') throw new Error(`The run is ${outcome.status}.`);
      assertSame(
        outcome.pending.map(({ preview }) => preview),
        ['20 EUR to Ada', '500 EUR to Bob'],
      );
      const [first, second] = outcome.pending;
      await host.answer('run', String(first?.id), { type: 'approve', fingerprint: String(first?.fingerprint) });
      await host.answer('run', String(second?.id), { type: 'deny', fingerprint: String(second?.fingerprint) });
      const { output, messages } = await agent.resume('run', { host });
      const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
      assertSame([output, results], ['Done.', ['paid 20 EUR to Ada', 'Denied: a person did not approve this call.']]);
    },
  },
  {
    name: 'refuses an approval with the fingerprint of another call',
    async run({ model }) {
      const host = memoryHost();
      const outcome = await new Agent({ model: model(), tools: [pay] }).run('Pay.', { host, runId: 'run' }).outcome();
      const [first] = outcome.status === 'suspended' ? outcome.pending : [];
      if (first === undefined) throw new Error(`The run is ${outcome.status}.`);
      const code = await host
        .answer('run', first.id, { type: 'approve', fingerprint: 'another' })
        .then(() => 'taken')
        .catch((error: unknown) => PawlError.isInstance(error) && error.code);
      assertSame(code, 'approval.mismatch');
    },
  },
  {
    name: 'returns the stored output of a finished run',
    async run({ model }) {
      const host = memoryHost();
      const agent = new Agent({ model: model() });
      await agent.run('Hi', { host, runId: 'run' });
      assertSame((await agent.resume('run', { host })).output, 'Hello.');
    },
  },
  {
    name: 'continues a conversation over several runs',
    async run({ model }) {
      const chat = conversation({ id: 'chat', store: memoryConversations() });
      const agent = new Agent({ model: model() });
      await agent.run('Hi', { conversation: chat });
      await agent.run('And now?', { conversation: chat });
      assertSame(
        (await chat.getMessages()).map(({ content }) => content),
        ['Hi', 'Hello.', 'And now?', 'Still here.'],
      );
    },
  },
];
