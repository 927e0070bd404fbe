import { Agent, type ChatModel, type CompletedOutcome, type InferToolOutput } from '@pawl/core';
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

describe('an agent as a tool', () => {
  const input = z.object({ city: z.string() });
  const output = z.object({ celsius: z.number() });

  test('has the output of the agent, or what is extracted from it', () => {
    const weather = new Agent({ name: 'weather', model, output });
    const plain = weather.asTool({ name: 'a', description: 'A.' });
    expectTypeOf<InferToolOutput<typeof plain>>().toEqualTypeOf<{ celsius: number }>();
    const extracted = weather.asTool({
      name: 'a',
      description: 'A.',
      input,
      prompt: ({ city }, { messages }) => `${city} ${messages.length}`,
      extractOutput: ({ output: { celsius } }, { input: { city } }) => [city, celsius] as const,
    });
    expectTypeOf<InferToolOutput<typeof extracted>>().toEqualTypeOf<readonly [string, number]>();
  });

  test('needs the context of the agent, or what its own context is made of', () => {
    const inner = new Agent({ name: 'inner', model, instructions: ({ shop }: Shop) => shop });
    const same = inner.asTool({ name: 'a', description: 'A.' });
    // @ts-expect-error: the context is missing
    new Agent({ model, tools: [same] }).run('Go.');
    const own = inner.asTool({
      name: 'a',
      description: 'A.',
      context: (outer: { readonly id: number }) => ({ shop: `${outer.id}` }),
    });
    new Agent({ model, tools: [own] }).run('Go.', { context: { id: 1 } });
    // @ts-expect-error: the context of the agent has a shop
    inner.asTool({ name: 'a', description: 'A.', context: (outer: { readonly id: number }) => ({ market: outer.id }) });
  });

  test('and a handoff may need more than the agent', () => {
    const inner = new Agent({ name: 'inner', model });
    const help = inner.asTool({ name: 'a', description: 'A.', when: ({ shop }: Shop) => shop === 'A' });
    // @ts-expect-error: the context is missing
    new Agent({ model, tools: [help] }).run('Go.');
    const handoff = inner.asHandoff({
      input,
      onHandoff: ({ city }, { context }: { readonly context: Shop }) => void (context.shop === city),
    });
    new Agent({ model, handoffs: [handoff] }).run('Go.', { context: { shop: 'A' } });
    // @ts-expect-error: the context is missing
    new Agent({ model, handoffs: [handoff] }).run('Go.');
  });
});

describe('agent.with', () => {
  test('takes a model for each agent, unlike the constructor', () => {
    const agent = new Agent({ name: 'a', model, output: z.object({ paid: z.boolean() }) });
    const copy = agent.with({ models: ({ name, model: each }) => (name === 'a' ? each : model) });
    expectTypeOf(agent.with({ tools: ({ tools }) => tools.slice(1) })).toEqualTypeOf(agent);
    // @ts-expect-error: a constructor has no other agents whose tools it could replace
    new Agent({ name: 'a', model, tools: () => [] });
    expectTypeOf(copy.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ paid: boolean }>>();
    // @ts-expect-error: a definition has a list
    new Agent({ name: 'a', model, models: () => model });
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
