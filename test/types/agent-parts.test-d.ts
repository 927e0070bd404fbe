import {
  Agent,
  type ChatModel,
  type CompletedOutcome,
  customTool,
  type InferToolInput,
  type InferToolOutput,
  type Run,
  type Tool,
  tool,
} from '@pawl/core';
import {
  filterTools,
  type Middleware,
  prefixTools,
  requireApproval,
  toolSearch,
  withToolTimeout,
} from '@pawl/core/middleware';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

interface WithDatabase {
  readonly database: { readonly query: (sql: string) => string };
}

interface WithUser {
  readonly user: { readonly id: number };
}

interface WithTenant {
  readonly tenant: string;
}

const both = { database: { query: (sql: string) => sql }, user: { id: 1 } };

const plain = tool({
  name: 'plain',
  description: 'P.',
  input: z.object({ city: z.string() }),
  execute: ({ city }) => city.length,
});

const query = tool({
  name: 'query',
  description: 'Q.',
  input: z.object({ sql: z.string() }),
  execute: ({ sql }, { context }: { readonly context: WithDatabase }) => context.database.query(sql),
});

const who = tool({
  name: 'who',
  description: 'W.',
  input: z.object({}),
  execute: async (_, { context }: { readonly context: WithUser }) => context.user.id,
});

const perTenant: Middleware<WithTenant> = { wrapModelCall: (request, next) => next(request) };

describe('the context of an agent', () => {
  test('includes the contexts of its tools', () => {
    const agent = new Agent({ model, tools: [plain, query, who] });
    expectTypeOf(agent.run('Go.', { context: both })).toEqualTypeOf<Run<string>>();
    // @ts-expect-error: the user is missing
    agent.run('Go.', { context: { database: both.database } });
    // @ts-expect-error: the database is missing
    agent.run('Go.', { context: { user: both.user } });
    // @ts-expect-error: the context is missing
    agent.run('Go.');
    // @ts-expect-error: the context is missing
    agent.resume('id', { host: {} as never });
  });

  test('includes the contexts of middleware, instructions and tools', () => {
    const agent = new Agent({
      model,
      tools: [who],
      middleware: [perTenant],
      instructions: ({ locale }: { readonly locale: string }) => locale,
      output: z.object({ city: z.string() }),
    });
    const run = agent.run('Go.', { context: { user: { id: 1 }, tenant: 'a', locale: 'en' } });
    expectTypeOf(run).resolves.toEqualTypeOf<CompletedOutcome<{ city: string }>>();
    // @ts-expect-error: the tenant is missing
    agent.run('Go.', { context: { user: { id: 1 }, locale: 'en' } });
    // @ts-expect-error: the locale is missing
    agent.run('Go.', { context: { user: { id: 1 }, tenant: 'a' } });
    // @ts-expect-error: the user is missing
    agent.run('Go.', { context: { tenant: 'a', locale: 'en' } });
  });

  test('includes the contexts of handoff targets', () => {
    const billing = new Agent({ name: 'billing', model, tools: [query] });
    const desk = new Agent({ model, tools: [who], handoffs: [billing] });
    desk.run('Go.', { context: both });
    // @ts-expect-error: billing needs a database
    desk.run('Go.', { context: { user: { id: 1 } } });
  });

  test('includes the contexts of agents as tools', () => {
    const billing = new Agent({ name: 'billing', model, tools: [query] });
    const desk = new Agent({ model, tools: [who, billing.asTool({ name: 'ask', description: 'A.' })] });
    desk.run('Go.', { context: both });
    // @ts-expect-error: billing needs a database
    desk.run('Go.', { context: { user: { id: 1 } } });
  });

  test('includes the contexts of wrapped tools and of a tool search', () => {
    for (const tools of [
      prefixTools([query, who], 'a_'),
      withToolTimeout([query, who], 5),
      filterTools([query, who], ['who']),
      requireApproval([query, who]),
      toolSearch([plain, query, who]).tools,
    ]) {
      const agent = new Agent({ model, tools });
      agent.run('Go.', { context: both });
      // @ts-expect-error: the user is missing
      agent.run('Go.', { context: { database: both.database } });
    }
  });

  test('is the argument of the instructions', () => {
    new Agent({ model, tools: [query], instructions: (context) => context.database.query('x') });
    new Agent({
      model,
      tools: [query, who],
      instructions: (context) => context.database.query(String(context.user.id)),
    });
    // @ts-expect-error: no part needs a tenant
    new Agent({ model, tools: [query], instructions: (context) => context.tenant });
  });

  test('is the type of inline middleware', () => {
    new Agent({
      model,
      tools: [query],
      middleware: [
        {
          wrapModelCall: (request, next, { context }) => {
            expectTypeOf(context).toEqualTypeOf<WithDatabase>();
            return next(request);
          },
        },
      ],
    });
  });

  test('is not required by an inline tool', () => {
    const agent = new Agent({
      model,
      tools: [plain, tool({ name: 'a', description: 'A.', input: z.object({ n: z.number() }), execute: ({ n }) => n })],
    });
    expectTypeOf(agent.run('Go.')).toEqualTypeOf<Run<string>>();
  });

  test('grows by the options of agent.with', () => {
    const agent = new Agent({ model, tools: [query] }).with({ middleware: [perTenant] });
    agent.run('Go.', { context: { ...both, tenant: 'a' } });
    // @ts-expect-error: the tenant is missing
    agent.run('Go.', { context: both });
    const same = new Agent({ model, tools: [query] }).with({ model, limits: { turns: 3 } });
    expectTypeOf(same).toEqualTypeOf<Agent<WithDatabase, string, never>>();
  });

  test('grows by the options that a function of agent.with returns', () => {
    const agent = new Agent({ model, tools: [query] });
    const more = agent.with(({ tools = [], middleware = [] }) => ({
      tools: [...tools, who],
      middleware: [perTenant, ...middleware],
    }));
    more.run('Go.', { context: { ...both, tenant: 'a' } });
    // @ts-expect-error: the tenant is missing
    more.run('Go.', { context: both });
    // @ts-expect-error: the function has to return options synchronously
    agent.with(async () => ({ limits: { turns: 3 } }));
    // @ts-expect-error: the function has to return options
    agent.with(() => ({ limits: 3 }));
  });
});

describe('an explicit type argument', () => {
  test('for the context accepts an output schema', () => {
    const agent = new Agent<WithUser>({ model, tools: [who], output: z.object({ city: z.string() }) });
    expectTypeOf(agent.run('Go.', { context: both })).resolves.toEqualTypeOf<CompletedOutcome<unknown>>();
    expectTypeOf(new Agent<WithUser>({ model, tools: [who] }).run('Go.', { context: both })).toEqualTypeOf<
      Run<string>
    >();
  });

  test('for context and output is checked', () => {
    const output = z.object({ city: z.string() });
    const agent = new Agent<WithUser, { city: string }>({ model, tools: [who], output });
    expectTypeOf(agent.run('Go.', { context: both })).resolves.toEqualTypeOf<CompletedOutcome<{ city: string }>>();
    // @ts-expect-error: the schema has another output
    new Agent<WithUser, { town: string }>({ model, output });
    // @ts-expect-error: `who` needs a user
    new Agent<WithDatabase>({ model, tools: [who] });
  });

  test('for the output is string without a schema', () => {
    const agent = new Agent<unknown, { city: string }>({ model });
    expectTypeOf(agent.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { city: string }>>();
  });
});

describe('the output type of an agent', () => {
  const paid = new Agent({ name: 'paid', model, output: z.object({ paid: z.boolean() }) });
  const text = new Agent({ name: 'text', model });

  test('is string, or the output of its handoff targets', () => {
    const desk = new Agent({ model, handoffs: [paid] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { paid: boolean }>>();
    const other = new Agent({ model, handoffs: [paid.asHandoff(), text] });
    expectTypeOf(other.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { paid: boolean }>>();
  });

  test('is its own or that of a handoff target', () => {
    const desk = new Agent({ model, output: z.object({ city: z.string() }), handoffs: [paid] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ city: string } | { paid: boolean }>>();
    const far = new Agent({ model, output: z.number(), handoffs: () => [desk, text] });
    expectTypeOf(far.run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<number | string | { city: string } | { paid: boolean }>
    >();
  });

  test('is that of the schema if all handoff targets have the same', () => {
    const desk = new Agent({ model, output: z.object({ paid: z.boolean() }), handoffs: [paid] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ paid: boolean }>>();
  });

  test('follows agent.with', () => {
    expectTypeOf(paid.with({ output: z.number() }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<number>>();
    expectTypeOf(text.with({ output: z.number() }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<number>>();
    expectTypeOf(paid.with({ output: undefined }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string>>();
    expectTypeOf(text.with(() => ({ output: z.number() })).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<number>
    >();
    expectTypeOf(paid.with(() => ({ output: undefined })).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<string>
    >();
    expectTypeOf(paid.with(({ limits }) => ({ limits: { ...limits, turns: 3 } })).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<{ paid: boolean }>
    >();
    expectTypeOf(paid.with({ model }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ paid: boolean }>>();
    const desk = new Agent({ model, handoffs: [paid] });
    expectTypeOf(desk.with({ output: z.number() }).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<number | { paid: boolean }>
    >();
    // The earlier output type is not known any more.
    expectTypeOf(desk.with({ handoffs: [text] }).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<string | { paid: boolean }>
    >();
    const number = z.number();
    expectTypeOf(desk.with({ output: number, handoffs: [text] }).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<string | number>
    >();
  });

  test('is the value type of the agent as a tool', () => {
    const ask = new Agent({ model, handoffs: [paid] }).asTool({ name: 'ask', description: 'A.' });
    expectTypeOf<InferToolInput<typeof ask>>().toEqualTypeOf<{ readonly prompt: string }>();
    expectTypeOf<InferToolOutput<typeof ask>>().toEqualTypeOf<string | { paid: boolean }>();
  });
});

describe('the type of a tool', () => {
  test('has the input after transforms, and the value', () => {
    const at = tool({
      name: 'at',
      description: 'A.',
      input: z.object({ day: z.string().transform((text) => text.length), note: z.string().optional() }),
      execute: async ({ day }) => ({ day, known: true }),
    });
    expectTypeOf<InferToolInput<typeof at>>().toEqualTypeOf<{ day: number; note?: string | undefined }>();
    expectTypeOf<InferToolOutput<typeof at>>().toEqualTypeOf<{ day: number; known: boolean }>();
    expectTypeOf<InferToolOutput<typeof who>>().toEqualTypeOf<number>();
    const code = customTool({ name: 'code', description: 'C.', execute: (text) => text.length });
    expectTypeOf<InferToolInput<typeof code>>().toEqualTypeOf<string>();
    expectTypeOf<InferToolOutput<typeof code>>().toEqualTypeOf<number>();
  });

  test('is compatible with Tool', () => {
    const tools: readonly Tool<WithDatabase & WithUser>[] = [plain, query, who];
    expectTypeOf(new Agent({ model, tools }).run('Go.', { context: both })).toEqualTypeOf<Run<string>>();
    expectTypeOf<InferToolInput<Tool<unknown>>>().toEqualTypeOf<unknown>();
  });

  test('survives wrappers', () => {
    const [guarded] = requireApproval([query]);
    expectTypeOf<InferToolInput<NonNullable<typeof guarded>>>().toEqualTypeOf<{ sql: string }>();
  });
});

describe('needsApproval', () => {
  test('gets the same arguments as execute', () => {
    tool({
      name: 'pay',
      description: 'P.',
      input: z.object({ amount: z.number() }),
      needsApproval: (
        { amount },
        { context, toolCallId: _ }: { readonly context: WithUser; readonly toolCallId?: string },
      ) => amount > context.user.id,
      preview: ({ amount }, { context }) => amount * context.user.id,
      execute: ({ amount }, { context }) => amount + context.user.id,
    });
    requireApproval([plain, query], ({ tool: each, input }, { context, signal, toolCallId: callId }) => {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(callId).toEqualTypeOf<string>();
      expectTypeOf(context).toEqualTypeOf<WithDatabase>();
      return each.name === String(input);
    });
  });
});
