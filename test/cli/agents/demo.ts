// An agent for the tests of the CLI. Its model does what the question names.
import { AbortRun, Agent, jsonSchema, openai, tool } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: ({ messages, tools = [] }) => {
    const question = messages.findLast(({ role }) => role === 'user')?.content;
    const last = messages.at(-1);
    if (last?.role === 'tool') {
      if (question === 'loop' && tools.length > 0) return respond.call('get_weather', { city: 'Rome' });
      return respond.text(`Result: ${String(last.content)}`);
    }
    const [, url] = /^wait for (\S+)$/.exec(String(question)) ?? [];
    if (url !== undefined) return respond.call('wait', { url });
    const isAgain = typeof question === 'string' && question.startsWith('discard') && attempts++ % 2 === 1;
    switch (String(question).split('\n')[0]) {
      case 'weather':
      case 'loop':
        return respond.call('get_weather', { city: 'Rome' });
      case 'refund':
        return respond.call('refund', { order: 7 });
      case 'refund twice':
        return respond.calls([
          { name: 'refund', arguments: { order: 7 } },
          { name: 'refund', arguments: { order: 8 } },
        ]);
      case 'lookup':
        return respond.call('lookup', { name: 'Ada' });
      case 'wait':
        return respond.call('wait', {});
      case 'hang':
        return respond.call('wait', { isDeaf: true });
      case 'stop':
        return respond.call('stop', {});
      case 'truncate':
        return respond.truncated('Once upon a');
      case 'filter':
        return respond.filtered('I can');
      case 'refuse':
        return respond.refusal('No.');
      case 'fail':
        return respond.httpError(400, { message: 'The model is broken.' });
      case 'discard':
        return isAgain
          ? respond.text('The second try.')
          : respond.cut(respond.text('The first try is much longer than one piece.'), { afterChunks: 3 });
      case 'hostile':
        return respond.text(HOSTILE);
      case 'hostile error':
        return respond.httpError(400, { message: 'broken \u001b[2J\u001b]0;x\u0007title\u009b1m' });
      case 'hostile call':
        return respond.call('refund', { order: 7, note: '\u001b[2J\u202e' });
      case 'huge call':
        return respond.call('get_weather', { city: 'Huge' });
      case 'large':
        return respond.text('x'.repeat(1_000_000));
      case LAST_TURN:
        return respond.text('No more tools.');
      default:
        return respond.text(`You wrote: ${String(question)}`);
    }
  },
});
let attempts = 0;
/** What core tells the model before its last turn. */
const LAST_TURN = 'This run has reached a limit, so tools are now disabled. Answer with what you have.';

/** A title, a clear screen, a C1 sequence, an override of the direction and a colour. */
const HOSTILE = 'safe \u001b]0;title\u0007\u001b[2J\u009b31mred\u202eevil\u001b[0m\u0008 end';

const order = z.object({ order: z.number(), note: z.string().optional() });

const tools = [
  tool({
    name: 'get_weather',
    description: 'Returns the weather in a city.',
    input: z.object({ city: z.string() }),
    effect: 'read',
    execute: ({ city }) => (city === 'Huge' ? 'y'.repeat(1_000_000) : `It is sunny in ${city}.`),
  }),
  tool({
    name: 'refund',
    description: 'Refunds an order.',
    input: order,
    needsApproval: true,
    preview: ({ order: id }) => `Refund order ${id}`,
    standingApproval: () => ({ below: 100 }),
    execute: ({ order: id }) => `Order ${id} is refunded.`,
  }),
  tool({
    name: 'lookup',
    description: 'Is answered from outside.',
    input: jsonSchema({ type: 'object', properties: { name: { type: 'string' } } }),
  }),
  tool({
    name: 'wait',
    description: 'Waits until it is cancelled, or longer, or for an address.',
    input: z.object({ isDeaf: z.boolean().optional(), url: z.string().optional() }),
    effect: 'idempotent',
    execute: async ({ isDeaf = false, url }, { signal }) => {
      if (url !== undefined) return (await fetch(url)).text();
      return new Promise<string>((resolve) => {
        if (!isDeaf) signal.addEventListener('abort', () => resolve('Cancelled.'), { once: true });
      });
    },
  }),
  tool({
    name: 'stop',
    description: 'Ends the run.',
    input: jsonSchema({ type: 'object', properties: {} }),
    execute: () => {
      throw new AbortRun('enough');
    },
  }),
];

export const demo = new Agent({
  name: 'demo',
  description: 'Does what the question names.',
  model: openai('demo-model', { baseURL: server.baseURL, price: { input: 1, output: 2 } }),
  tools,
  retry: { initialDelayMs: 0 },
});
