import {
  Agent,
  type ChatModel,
  type CompletedOutcome,
  memoryHost,
  type Outcome,
  type Run,
  type StopState,
  stopOnTool,
  tool,
} from '@pawl/core';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

interface WithDatabase {
  readonly database: { readonly query: (sql: string) => string };
}

interface WithUser {
  readonly user: { readonly id: number };
}

const plain = tool({
  name: 'plain',
  description: 'Needs nothing of the application.',
  input: z.object({ city: z.string() }),
  execute: ({ city }) => city.length,
});

const query = tool({
  name: 'query',
  description: 'Needs a database.',
  input: z.object({ sql: z.string() }),
  execute: ({ sql }, { context }: { readonly context: WithDatabase }) => context.database.query(sql),
});

const who = tool({
  name: 'who',
  description: 'Needs a user.',
  input: z.object({}),
  execute: (_, { context }: { readonly context: WithUser }) => context.user.id,
});

describe('tool()', () => {
  test('infers the input of execute from the schema, after transforms', () => {
    tool({
      name: 'typed',
      description: 'Typed.',
      input: z.object({ day: z.string().transform((text) => text.length), note: z.string().optional() }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ day: number; note?: string | undefined }>(),
    });
  });

  test('rejects an unknown field of the input', () => {
    tool({
      name: 'wrong',
      description: 'Wrong.',
      input: z.object({ city: z.string() }),
      // @ts-expect-error: the schema has no "town"
      execute: ({ town }) => town,
    });
  });

  test('rejects an unknown effect', () => {
    tool({
      name: 'wrong',
      description: 'Wrong.',
      input: z.object({}),
      // @ts-expect-error: effects are read, idempotent and once
      effect: 'write',
      execute: () => 1,
    });
  });

  test('rejects an input that is not a schema', () => {
    // @ts-expect-error: a plain object has no "~standard"
    tool({ name: 'wrong', description: 'Wrong.', input: { city: 'string' }, execute: () => 1 });
  });
});

describe('the context of run()', () => {
  test('is optional if no tool needs one', () => {
    const agent = new Agent({ model, tools: [plain] });
    expectTypeOf(agent.run('Hello')).toEqualTypeOf<Run<string>>();
  });

  test('is required if a tool needs one', () => {
    const agent = new Agent({ model, tools: [plain, query] });
    agent.run('Hello', { context: { database: { query: (sql) => sql } } });
    // @ts-expect-error: the context is missing
    agent.run('Hello');
    // @ts-expect-error: the context is missing
    agent.run('Hello', {});
    // @ts-expect-error: the context has no database
    agent.run('Hello', { context: {} });
  });

  test('is required by resume if run requires it', () => {
    const agent = new Agent({ model, tools: [query] });
    // @ts-expect-error: the context is missing
    agent.resume('id', { host: memoryHost() });
    agent.resume('id', { host: memoryHost(), context: { database: { query: (sql) => sql } } });
  });

  test('includes the contexts of several tools', () => {
    const agent = new Agent<WithDatabase & WithUser>({ model, tools: [plain, query, who] });
    agent.run('Hello', { context: { database: { query: (sql) => sql }, user: { id: 1 } } });
    // @ts-expect-error: the user is missing
    agent.run('Hello', { context: { database: { query: (sql) => sql } } });
  });

  test('must fit explicit type arguments of the agent', () => {
    // @ts-expect-error: "who" needs a user
    new Agent<WithDatabase>({ model, tools: [who] });
  });
});

describe('the output of a run', () => {
  test('is a string without a schema', async () => {
    const completed = await new Agent({ model }).run('Hello');
    expectTypeOf(completed).toEqualTypeOf<CompletedOutcome<string>>();
    expectTypeOf(completed.output).toEqualTypeOf<string>();
  });

  test('is inferred from the schema, after transforms', async () => {
    const agent = new Agent({
      model,
      tools: [query],
      output: z.object({ city: z.string(), at: z.string().transform((text) => new Date(text)) }),
    });
    const { output } = await agent.run('Hello', { context: { database: { query: (sql) => sql } } });
    expectTypeOf(output).toEqualTypeOf<{ city: string; at: Date }>();
  });

  test('exists only on a completed outcome', () => {
    const outcome = {} as Outcome<number>;
    // @ts-expect-error: a failed run has no output
    outcome.output;
    if (outcome.status === 'completed') expectTypeOf(outcome.output).toEqualTypeOf<number>();
    if (outcome.status === 'limited') expectTypeOf(outcome.output).toEqualTypeOf<number | undefined>();
    if (outcome.status === 'suspended')
      expectTypeOf(outcome.pending[0]?.fingerprint).toEqualTypeOf<string | undefined>();
  });
});

describe('events', () => {
  test('have the type of their name', () => {
    const run = new Agent({ model }).run('Hello');
    run.on('tool.finished', ({ durationMs, content }) => {
      expectTypeOf(durationMs).toEqualTypeOf<number>();
      expectTypeOf(content).toEqualTypeOf<string>();
    });
    // @ts-expect-error: this event does not exist
    run.on('tool.done', () => undefined);
    // @ts-expect-error: a finished tool has no delta
    run.on('tool.finished', ({ delta }) => delta);
  });

  test('are a discriminated union', async () => {
    for await (const event of new Agent({ model }).run('Hello')) {
      if (event.type === 'text.delta') expectTypeOf(event.delta).toEqualTypeOf<string>();
      if (event.type === 'run.finished') expectTypeOf(event.outcome).toEqualTypeOf<Outcome<unknown>>();
    }
  });
});

describe('validate', () => {
  const output = z.object({ city: z.string().transform((name) => name.length) });

  test('gets the parsed output and the context', () => {
    const agent = new Agent({
      model,
      output,
      validate(value, scope: { readonly context: WithUser }) {
        expectTypeOf(value).toEqualTypeOf<{ city: number }>();
        return scope.context.user.id === value.city ? undefined : 'no';
      },
    });
    expectTypeOf(agent.run('Go.', { context: { user: { id: 1 } } })).toExtend<Run<{ city: number }>>();
    // @ts-expect-error: the validator needs a user
    void agent.run('Go.');
  });

  test('gets the text of an agent without a schema', () => {
    new Agent({ model, validate: async (text) => (text.startsWith('a') ? undefined : 'no') });
  });

  test('rejects a verdict that is not a text', () => {
    // @ts-expect-error: a boolean says nothing to the model
    new Agent({ model, output, validate: () => false });
  });
});

describe('instructions of each turn', () => {
  test('need their context', () => {
    const agent = new Agent({
      model,
      instructions: { eachTurn: ({ user }: WithUser, { turn }) => `${user.id} ${turn}` },
    });
    // @ts-expect-error: the instructions need a user
    void agent.run('Go.');
    void agent.run('Go.', { context: { user: { id: 1 } } });
  });
});

describe('stopWhen', () => {
  const output = z.object({ city: z.string() });

  test('returns the output of the agent, and may need a context', () => {
    const agent = new Agent({
      model,
      output,
      stopWhen: ({ context }: StopState<WithUser>) => ({ output: { city: `${context.user.id}` } }),
    });
    expectTypeOf(agent.run('Go.', { context: { user: { id: 1 } } })).toExtend<Run<{ city: string }>>();
    // @ts-expect-error: the stop condition needs a user
    void agent.run('Go.');
    new Agent({ model, output, stopWhen: [stopOnTool('a'), () => false] });
    new Agent({ model, stopWhen: [stopOnTool('a'), ({ text }) => text === ''] });
  });

  test('does not compile with another output', () => {
    new Agent({ model, stopWhen: () => ({ output: 'Done.' }) });
    new Agent({ model, output, stopWhen: () => ({ output: { city: 'Oslo' } }) });
    // @ts-expect-error: the output is text
    new Agent({ model, stopWhen: () => ({ output: 1 }) });
    // @ts-expect-error: the output has a city
    new Agent({ model, output, stopWhen: () => ({ output: { town: 'Oslo' } }) });
    // @ts-expect-error: the output has a city
    new Agent({ model, output, stopWhen: [() => false, () => ({ output: 1 })] });
    // @ts-expect-error: the output is text
    new Agent<{ readonly id: number }>({ model, stopWhen: () => ({ output: 1 }) });
    // @ts-expect-error: the output has a city
    new Agent({ model, output, tools: [plain], stopWhen: () => ({ output: { city: 1 } }) });
    const agent = new Agent({ model, output });
    agent.with({ stopWhen: () => ({ output: { city: 'Oslo' } }) });
    agent.with({ output, stopWhen: () => ({ output: { city: 'Oslo' } }) });
    // @ts-expect-error: the output has a city
    agent.with({ output, stopWhen: () => ({ output: 1 }) });
  });
});
