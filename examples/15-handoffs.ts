// A desk agent takes all questions, and hands the conversation off to a specialist. The same run continues with the other agent.
import { Agent, openai, tool } from '@pawl/core';
import { lastMessages } from '@pawl/core/middleware';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: ({ messages }) => {
    const [system] = messages;
    if (system?.content === 'You take the calls.') return respond.call('transfer_to_billing', { reason: 'A bill.' });
    return messages.at(-1)?.role === 'tool' && messages.length > 4
      ? respond.text('Bill 7 was paid on Monday.')
      : respond.call('find_bill', { number: 7 });
  },
});
const model = openai('any', { baseURL: server.baseURL });

const findBill = tool({
  name: 'find_bill',
  description: 'Finds a bill.',
  input: z.object({ number: z.number() }),
  effect: 'read',
  execute: ({ number }) => ({ number, paid: 'Monday' }),
});
const billing = new Agent({
  name: 'billing',
  description: 'Answers questions about bills and payments.',
  instructions: 'You do the bills.',
  model,
  tools: [findBill],
});
const handoffs = [billing.asHandoff({ inputFilter: lastMessages(10) })];
const desk = new Agent({ name: 'desk', instructions: 'You take the calls.', model, handoffs, limits: { handoffs: 3 } });

const run = desk.run('Was bill 7 paid?');
run.on('handoff.completed', ({ from, to }) => console.log(`${from} hands over to ${to}`));
const { agent, output } = await run;
console.log(`${agent}: ${output}`);
await server.close();
