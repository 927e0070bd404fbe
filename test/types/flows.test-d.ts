import { Agent, type ChatModel, memoryHost, type Run, type Tool, type ToolContext, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { type Flow, type FlowScope, flow } from '@pawl/core/flow';
import type { MiddlewareScope } from '@pawl/core/middleware';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

interface Shop {
  readonly shop: string;
}

const planner = new Agent({ name: 'planner', model, output: z.object({ searches: z.array(z.string()) }) });
const writer = new Agent({ name: 'writer', model });
const needsShop = new Agent<Shop>({ name: 'seller', model, instructions: ({ shop }) => `Sell for ${shop}.` });
const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ at: z.string() }),
  execute: ({ at }) => at.length,
});

test('a flow infers its input, its output and the outputs of its steps', () => {
  const research = flow({
    name: 'research',
    run: async (topic: string, { run, call, step, ask }) => {
      const { output: plan } = await run(planner, topic, { step: 'plan' });
      expectTypeOf(plan).toEqualTypeOf<{ searches: string[] }>();
      expectTypeOf((await run(writer, topic, { step: 'write' })).output).toEqualTypeOf<string>();
      expectTypeOf(await call(look, { at: 'x' }, { step: 'look' })).toEqualTypeOf<number>();
      expectTypeOf(await step('one', () => 1)).toEqualTypeOf<number>();
      expectTypeOf(await ask('Well?', { step: 'ask' })).toEqualTypeOf<Json>();
      expectTypeOf(await ask('Well?', { step: 'b', answer: z.boolean() })).toEqualTypeOf<boolean>();
      return plan.searches;
    },
  });
  expectTypeOf(research.run('x')).toEqualTypeOf<Run<string[]>>();
  expectTypeOf(research.resume('x', { host: memoryHost() })).toEqualTypeOf<Run<string[]>>();
  expectTypeOf(flow({ name: 'x', input: z.object({ n: z.number() }), run: ({ n }) => n }).run({ n: 1 })).toEqualTypeOf<
    Run<number>
  >();
  // @ts-expect-error: the input is a text
  research.run(5);
  // @ts-expect-error: a flow has no conversation
  research.run('x', { conversation: undefined as never });
  // @ts-expect-error: a flow has no turns
  flow({ name: 'x', limits: { turns: 3 }, run: () => 1 });
});

test('steps need a name and the input of what they run', () => {
  flow({
    name: 'wrong',
    run: async (_: string, { run, call }) => {
      // @ts-expect-error: no name
      await run(writer, 'x', {});
      // @ts-expect-error: the input of an agent is a text or messages
      await run(writer, 5, { step: 'a' });
      // @ts-expect-error: the input of the tool
      await call(look, { where: 'x' }, { step: 'b' });
      // @ts-expect-error: a tool is no agent
      await run(look, 'x', { step: 'c' });
      // @ts-expect-error: the flow has no context
      await run(needsShop, 'x', { step: 'd' });
    },
  });
});

test('a context is passed where a step needs it', () => {
  const selling = flow({
    name: 'selling',
    run: async (_: string, { run, context }: FlowScope<Shop>) => {
      expectTypeOf(context).toEqualTypeOf<Shop>();
      return (await run(needsShop, 'x', { step: 'sell' })).output;
    },
  });
  expectTypeOf(selling).toEqualTypeOf<Flow<Shop, string, string>>();
  expectTypeOf(selling.run('x', { context: { shop: 'a' } })).toEqualTypeOf<Run<string>>();
  // @ts-expect-error: the context is missing
  selling.run('x');
  const asTool = selling.asTool({
    name: 'sell',
    description: 'Sells.',
    input: z.object({ wish: z.string() }),
    toInput: ({ wish }) => wish,
  });
  expectTypeOf(asTool).toEqualTypeOf<Tool<Shop, { wish: string }, string>>();
});

test('tools and middleware run agents that need no more than their context', () => {
  const inTool = async (_: unknown, { run }: ToolContext<Shop>): Promise<string> =>
    (await run(needsShop, 'x', { step: 'a' })).output;
  const plain = async (_: unknown, { run }: ToolContext): Promise<unknown> => {
    // @ts-expect-error: the tool has no context
    await run(needsShop, 'x', { step: 'a' });
    return run(planner, [{ role: 'user', content: 'x' }], { step: 'b', limits: { turns: 2 } });
  };
  const inMiddleware = async ({ run }: MiddlewareScope): Promise<string[]> =>
    (await run(planner, 'x', { step: 'a' })).output.searches;
  expectTypeOf(inTool).toBeFunction();
  expectTypeOf(plain).toBeFunction();
  expectTypeOf(inMiddleware).toBeFunction();
  expectTypeOf(tool({ name: 't', description: 'T.', input: z.object({}), execute: inTool })).toEqualTypeOf<
    Tool<Shop, Record<string, never>, string>
  >();
});
