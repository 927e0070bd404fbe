// A triage desk: what one agent finds out stays in the state of the run, and the agent that takes over works with it.
import { Agent, openai, type ToolContext, tool } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: ({ messages }) => {
    const [system] = messages;
    const isResult = messages.at(-1)?.role === 'tool';
    if (String(system?.content).startsWith('You take the calls.')) {
      if (!isResult)
        return respond.calls([
          { name: 'note', arguments: { customer: 'Ada', fact: 'Order 7 is broken.' } },
          { name: 'note', arguments: { customer: 'Ada', fact: 'She wants her money back.' } },
        ]);
      return respond.call('transfer_to_refunds', { reason: 'A refund.' });
    }
    return respond.text(`I know: ${String(system?.content).split(': ')[1]}`);
  },
});
const model = openai('any', { baseURL: server.baseURL });

const ticket = z.object({ customer: z.string().default('unknown'), facts: z.array(z.string()).default([]) });
type Ticket = z.infer<typeof ticket>;

const note = tool({
  name: 'note',
  description: 'Notes a fact about the customer.',
  input: z.object({ customer: z.string(), fact: z.string() }),
  effect: 'idempotent',
  async execute({ customer, fact }, { state }: ToolContext<unknown, Ticket>) {
    await state.update(({ facts }) => ({ customer, facts: [...facts, fact] }));
    return 'Noted.';
  },
});
const shared = { model, state: ticket, stateRules: { customer: 'last', facts: 'append' } } as const;
const refunds = new Agent({
  ...shared,
  name: 'refunds',
  description: 'Refunds orders.',
  instructions: {
    eachTurn: (_: unknown, { state }) => `You refund orders. Known so far: ${(state as Ticket).facts.join(' ')}`,
  },
});
const desk = new Agent({
  ...shared,
  name: 'desk',
  instructions: 'You take the calls.',
  tools: [note],
  handoffs: [refunds],
});

const { agent, output, state } = await desk.run('Order 7 is broken, I want my money back. Ada');
console.log(`${agent}: ${output}`);
console.log(state);
await server.close();
