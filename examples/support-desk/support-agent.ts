import { appendFileSync } from 'node:fs';
import { Agent, openai, ToolError, tool } from '@pawl/core';
import { z } from 'zod';

/** Who uses the agent: `serve` gives each run the context of its owner. */
export interface Customer {
  readonly name: string;
}

const ORDERS: Readonly<Record<string, { readonly customer: string; readonly what: string; readonly euros: number }>> = {
  '7': { customer: 'ada', what: '2 chairs', euros: 90 },
  '8': { customer: 'bob', what: 'a lamp', euros: 25 },
};

/** Defines the agent. `ledger` is a file with a line for each payment. */
export function defineSupportAgent({
  baseURL,
  ledger,
}: {
  readonly baseURL: string;
  readonly ledger: string;
}): Agent<Customer> {
  const findOrder = tool({
    name: 'find_order',
    description: 'Finds an order of the customer.',
    input: z.object({ order: z.string() }),
    effect: 'read',
    execute: ({ order }, { context }: { readonly context: Customer }) => {
      const found = ORDERS[order];
      if (found === undefined || found.customer !== context.name) throw new ToolError(`There is no order ${order}.`);
      return { order, what: found.what, euros: found.euros };
    },
  });
  const refund = tool({
    name: 'refund',
    description: 'Pays the customer an order back.',
    input: z.object({ order: z.string(), euros: z.number() }),
    needsApproval: true,
    preview: ({ order, euros }) => `${euros} EUR for order ${order}`,
    execute: ({ order, euros }, { context }: { readonly context: Customer }) => {
      appendFileSync(ledger, `${JSON.stringify({ to: context.name, order, euros })}\n`);
      return { paid: euros };
    },
  });
  return new Agent<Customer>({
    name: 'support',
    model: openai('stand-in', { baseURL }),
    instructions: 'You are the support desk of a furniture shop. Be brief.',
    tools: [findOrder, refund],
  });
}
