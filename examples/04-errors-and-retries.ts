// If a call fails, its result tells the model why, so that it can correct the call. The run continues.
import { Agent, ToolError, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const refund = tool({
  name: 'refund',
  description: 'Refunds an order.',
  input: z.object({ order: z.number().int(), percent: z.number().max(100) }),
  execute: ({ order, percent }) => {
    if (order !== 42) throw new ToolError(`There is no order ${order}. The customer has order 42.`);
    return { refunded: percent };
  },
});

const model = scriptedModel([
  respond.call('refnd', { order: 42, percent: 50 }),
  respond.call('refund', { order: 41, percent: 150 }),
  respond.call('refund', '{"order": 41, "percent": 50'),
  respond.call('refund', { order: 41, percent: 50 }),
  respond.call('refund', { order: 42, percent: 50 }),
  respond.text('Half of it was refunded.'),
]);

const run = new Agent({ model, tools: [refund] }).run('Refund half of my order.');
run.on('tool.failed', ({ reason, content }) => console.log(`${reason}: ${content}`));
run.on('tool.finished', ({ content }) => console.log(`finished: ${content}`));
console.log((await run).output);
