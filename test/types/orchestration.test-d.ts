import { Agent, type ChatModel, type CompletedOutcome } from '@pawl/core';
import { inputGuard, lastMessages, type Middleware, outputGuard, toolGuard } from '@pawl/core/middleware';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

interface Shop {
  readonly shop: string;
}

describe('a handoff', () => {
  const billing = new Agent<Shop, string>({ name: 'billing', model, instructions: ({ shop }) => shop });

  test('requires the contexts of all reachable agents', () => {
    const desk = new Agent<Shop, string>({ name: 'desk', model, handoffs: [billing] });
    // @ts-expect-error: the context is missing
    desk.run('Go.');
    expectTypeOf(desk.run('Go.', { context: { shop: 'A' } })).resolves.toEqualTypeOf<CompletedOutcome<string>>();
  });

  test('has the outputs of all reachable agents', () => {
    const output = z.object({ paid: z.boolean() });
    const payer = new Agent({ name: 'payer', model, output });
    const desk = new Agent({ name: 'desk', model, handoffs: [payer.asHandoff({ inputFilter: lastMessages(2) })] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { paid: boolean }>>();
    const either = new Agent({ name: 'desk', model, output: z.object({ city: z.string() }), handoffs: [payer] });
    expectTypeOf(either.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ city: string } | { paid: boolean }>>();
  });
});

describe('a guard', () => {
  test('in parallel mode cannot replace the input', () => {
    inputGuard({ name: 'a', mode: 'blocking', check: ({ messages }) => ({ type: 'replace', messages }) });
    // @ts-expect-error: the input has been sent
    inputGuard({ name: 'a', check: ({ messages }) => ({ type: 'replace', messages }) });
  });

  test('of an output gets the parsed value of the schema', () => {
    outputGuard({
      name: 'a',
      output: z.object({ price: z.number() }),
      check: ({ value }) => {
        expectTypeOf(value).toEqualTypeOf<{ price: number }>();
        return { type: 'allow' };
      },
    });
  });

  test('is middleware and returns a verdict', () => {
    expectTypeOf(toolGuard({ name: 'a', before: () => ({ type: 'deny', reason: 'No.' }) })).toExtend<Middleware>();
    // @ts-expect-error: this verdict does not exist
    toolGuard({ name: 'a', before: () => true });
  });
});
