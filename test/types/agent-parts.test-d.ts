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

describe('parts of an agent that need different contexts', () => {
  test('need all of them: tools', () => {
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

  test('need all of them: middleware, instructions and tools', () => {
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

  test('need all of them: agents that the conversation may go over to', () => {
    const billing = new Agent({ name: 'billing', model, tools: [query] });
    const desk = new Agent({ model, tools: [who], handoffs: [billing] });
    desk.run('Go.', { context: both });
    // @ts-expect-error: billing needs a database
    desk.run('Go.', { context: { user: { id: 1 } } });
  });

  test('need all of them: agents as tools', () => {
    const billing = new Agent({ name: 'billing', model, tools: [query] });
    const desk = new Agent({ model, tools: [who, billing.asTool({ name: 'ask', description: 'A.' })] });
    desk.run('Go.', { context: both });
    // @ts-expect-error: billing needs a database
    desk.run('Go.', { context: { user: { id: 1 } } });
  });

  test('need all of them: tools in wrappers, and in a search', () => {
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

  test('a function of the instructions is given what the tools need', () => {
    new Agent({ model, tools: [query], instructions: (context) => context.database.query('x') });
    new Agent({
      model,
      tools: [query, who],
      instructions: (context) => context.database.query(String(context.user.id)),
    });
    // @ts-expect-error: nobody needs a tenant
    new Agent({ model, tools: [query], instructions: (context) => context.tenant });
  });

  test('middleware that is written in place is given what the tools need', () => {
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

  test('a tool that is written in place asks for no context', () => {
    const agent = new Agent({
      model,
      tools: [plain, tool({ name: 'a', description: 'A.', input: z.object({ n: z.number() }), execute: ({ n }) => n })],
    });
    expectTypeOf(agent.run('Go.')).toEqualTypeOf<Run<string>>();
  });

  test('with adds what its changes need', () => {
    const agent = new Agent({ model, tools: [query] }).with({ middleware: [perTenant] });
    agent.run('Go.', { context: { ...both, tenant: 'a' } });
    // @ts-expect-error: the tenant is missing
    agent.run('Go.', { context: both });
    const same = new Agent({ model, tools: [query] }).with({ model, limits: { turns: 3 } });
    expectTypeOf(same).toEqualTypeOf<Agent<WithDatabase, string, never>>();
  });
});

describe('a type argument that is written by hand', () => {
  test('of the context does not refuse an output schema', () => {
    const agent = new Agent<WithUser>({ model, tools: [who], output: z.object({ city: z.string() }) });
    expectTypeOf(agent.run('Go.', { context: both })).resolves.toEqualTypeOf<CompletedOutcome<unknown>>();
    expectTypeOf(new Agent<WithUser>({ model, tools: [who] }).run('Go.', { context: both })).toEqualTypeOf<
      Run<string>
    >();
  });

  test('of context and output is held', () => {
    const output = z.object({ city: z.string() });
    const agent = new Agent<WithUser, { city: string }>({ model, tools: [who], output });
    expectTypeOf(agent.run('Go.', { context: both })).resolves.toEqualTypeOf<CompletedOutcome<{ city: string }>>();
    // @ts-expect-error: the schema gives something else
    new Agent<WithUser, { town: string }>({ model, output });
    // @ts-expect-error: who needs a user
    new Agent<WithDatabase>({ model, tools: [who] });
  });

  test('of the output is text as well where there is no schema', () => {
    const agent = new Agent<unknown, { city: string }>({ model });
    expectTypeOf(agent.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { city: string }>>();
  });
});

describe('an output', () => {
  const paid = new Agent({ name: 'paid', model, output: z.object({ paid: z.boolean() }) });
  const text = new Agent({ name: 'text', model });

  test('is text, or what the agents end with that the conversation may go over to', () => {
    const desk = new Agent({ model, handoffs: [paid] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { paid: boolean }>>();
    const other = new Agent({ model, handoffs: [paid.asHandoff(), text] });
    expectTypeOf(other.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string | { paid: boolean }>>();
  });

  test('is the agent’s own or another’s', () => {
    const desk = new Agent({ model, output: z.object({ city: z.string() }), handoffs: [paid] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ city: string } | { paid: boolean }>>();
    const far = new Agent({ model, output: z.number(), handoffs: () => [desk, text] });
    expectTypeOf(far.run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<number | string | { city: string } | { paid: boolean }>
    >();
  });

  test('is that of its schema alone where it hands over to agents with the same', () => {
    const desk = new Agent({ model, output: z.object({ paid: z.boolean() }), handoffs: [paid] });
    expectTypeOf(desk.run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ paid: boolean }>>();
  });

  test('follows with', () => {
    expectTypeOf(paid.with({ output: z.number() }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<number>>();
    expectTypeOf(text.with({ output: z.number() }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<number>>();
    expectTypeOf(paid.with({ output: undefined }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<string>>();
    expectTypeOf(paid.with({ model }).run('Go.')).resolves.toEqualTypeOf<CompletedOutcome<{ paid: boolean }>>();
    const desk = new Agent({ model, handoffs: [paid] });
    expectTypeOf(desk.with({ output: z.number() }).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<number | { paid: boolean }>
    >();
    // What was its own before is not known any more.
    expectTypeOf(desk.with({ handoffs: [text] }).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<string | { paid: boolean }>
    >();
    const number = z.number();
    expectTypeOf(desk.with({ output: number, handoffs: [text] }).run('Go.')).resolves.toEqualTypeOf<
      CompletedOutcome<string | number>
    >();
  });

  test('of an agent as a tool is the tool’s', () => {
    const ask = new Agent({ model, handoffs: [paid] }).asTool({ name: 'ask', description: 'A.' });
    expectTypeOf<InferToolInput<typeof ask>>().toEqualTypeOf<{ readonly prompt: string }>();
    expectTypeOf<InferToolOutput<typeof ask>>().toEqualTypeOf<string | { paid: boolean }>();
  });
});

describe('a tool', () => {
  test('carries the type of its input, after transforms, and of its value', () => {
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

  test('is a tool wherever its types do not matter', () => {
    const tools: readonly Tool<WithDatabase & WithUser>[] = [plain, query, who];
    expectTypeOf(new Agent({ model, tools }).run('Go.', { context: both })).toEqualTypeOf<Run<string>>();
    expectTypeOf<InferToolInput<Tool<unknown>>>().toEqualTypeOf<unknown>();
  });

  test('keeps its types in wrappers', () => {
    const [guarded] = requireApproval([query]);
    expectTypeOf<InferToolInput<NonNullable<typeof guarded>>>().toEqualTypeOf<{ sql: string }>();
  });
});

describe('an approval', () => {
  test('is asked for with what execute gets', () => {
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
