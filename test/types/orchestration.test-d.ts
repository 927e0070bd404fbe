import { Agent, type ChatModel, type CompletedOutcome } from '@pawl/core';
import { inputGuard, lastMessages, type Middleware, outputGuard, toolGuard } from '@pawl/core/middleware';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

interface Shop {
  readonly shop: string;
}

describe('a hand-off', () => {
  const billing = new Agent<Shop, string>({ name: 'billing', model, instructions: ({ shop }) => shop });

  test('asks for the context of the agents that it may come to', () => {
    const desk = new Agent<Shop, string>({ name: 'desk', model, handoffs: [billing] });
    // @ts-expect-error: the context is missing
    desk.run('Go.');
    expectTypeOf(desk.run('Go.', { context: { shop: 'A' } })).resolves.toEqualTypeOf<CompletedOutcome<string>>();
  });

  test('ends with what the agents end with', () => {
    const output = z.object({ paid: z.boolean() });
    const payer = new Agent({ name: 'payer', model, output });
    const desk = new Agent({ name: 'desk', model, handoffs: [payer.asHandoff({ inputFilter: lastMessages(2) })] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { paid: boolean }>>();
    const either = new Agent({ name: 'desk', model, output: z.object({ city: z.string() }), handoffs: [payer] });
    expectTypeOf(either.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ city: string } | { paid: boolean }>>();
  });
});

describe('a guard', () => {
  test('beside the request can not replace what was sent', () => {
    inputGuard({ name: 'a', mode: 'blocking', check: ({ messages }) => ({ type: 'replace', messages }) });
    // @ts-expect-error: it was sent already
    inputGuard({ name: 'a', check: ({ messages }) => ({ type: 'replace', messages }) });
  });

  test('of an output gets the value of its schema', () => {
    outputGuard({
      name: 'a',
      output: z.object({ price: z.number() }),
      check: ({ value }) => {
        expectTypeOf(value).toEqualTypeOf<{ price: number }>();
        return { type: 'allow' };
      },
    });
  });

  test('is a middleware, and gives a verdict', () => {
    expectTypeOf(toolGuard({ name: 'a', before: () => ({ type: 'deny', reason: 'No.' }) })).toExtend<Middleware>();
    // @ts-expect-error: that is no verdict
    toolGuard({ name: 'a', before: () => true });
  });
});
