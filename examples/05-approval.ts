// A call that needs approval suspends the run. An approval is valid only for this call with these arguments.
import { Agent, memoryHost, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const pay = tool({
  name: 'pay',
  description: 'Pays an amount in euros.',
  input: z.object({ to: z.string(), amount: z.number() }),
  needsApproval: ({ amount }) => amount > 100,
  preview: ({ to, amount }) => `${amount} EUR to ${to}`,
  execute: ({ to, amount }) => `paid ${amount} EUR to ${to}`,
});

const model = scriptedModel([
  respond.calls([
    { name: 'pay', arguments: { to: 'Ada', amount: 20 } },
    { name: 'pay', arguments: { to: 'Bob', amount: 500 } },
  ]),
  respond.text('Both are paid.'),
]);

const agent = new Agent({ model, tools: [pay] });
const host = memoryHost(); // Stores the run until it is resumed.

const outcome = await agent.run('Pay Ada 20 and Bob 500.', { host, runId: 'payments-1' }).outcome();
if (outcome.status === 'suspended') {
  for (const { id, preview, fingerprint } of outcome.pending) {
    console.log(`pending: ${preview}`);
    await host.answer('payments-1', id, { type: 'approve', fingerprint });
  }
}
const { output, messages } = await agent.resume('payments-1', { host });
for (const message of messages) if (message.role === 'tool') console.log(message.content);
console.log(output);
