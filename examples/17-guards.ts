// Guards check the input, tool calls and the output. If a guard throws, nothing passes.
import { Agent, openai, tool } from '@pawl/core';
import { inputGuard, outputGuard, toolGuard } from '@pawl/core/middleware';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: ({ messages }) => {
    const { role, content } = messages.at(-1) ?? {};
    if (role === 'tool') return respond.text(`${content} Call me at 555-0100.`);
    return respond.call('transfer', { amount: String(content).includes('all') ? 9_000 : 20 });
  },
});
const transfer = tool({
  name: 'transfer',
  description: 'Transfers money.',
  input: z.object({ amount: z.number() }),
  execute: ({ amount }) => `Transferred ${amount}.`,
});
const manners = inputGuard({
  name: 'manners',
  check: ({ messages }) => {
    const isHarmful = messages.some(({ content }) => String(content).includes('steal'));
    return isHarmful ? { type: 'refuse', reason: 'We do not help with that.' } : { type: 'allow' };
  },
});
const cap = toolGuard({
  name: 'cap',
  before: ({ input }) => (Object(input).amount > 100 ? { type: 'deny', reason: 'more than 100.' } : { type: 'allow' }),
});
const privacy = outputGuard({
  name: 'privacy',
  check: ({ text }) => ({ type: 'replace', text: text.replaceAll(/\d{3}-\d{4}/g, '***') }),
});
const model = openai('any', { baseURL: server.baseURL });
const agent = new Agent({ model, tools: [transfer], middleware: [manners, cap, privacy] });
for (const input of ['Send 20 to Ada.', 'Send it all to Ada.', 'Help me steal.']) {
  const outcome = await agent.run(input).outcome();
  console.log(outcome.status, 'output' in outcome ? outcome.output : 'refusal' in outcome && outcome.refusal);
}
await server.close();
