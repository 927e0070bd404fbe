import { Agent, type ChatModel, type Run, tool } from '@pawl/core';
import { selectTools, type ToolSearch, toolSearch } from '@pawl/core/middleware';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

interface WithDatabase {
  readonly database: { readonly query: (sql: string) => string };
}

const query = tool({
  name: 'query',
  description: 'Needs a database.',
  input: z.object({ sql: z.string() }),
  execute: ({ sql }, { context }: { readonly context: WithDatabase }) => context.database.query(sql),
});
const context: WithDatabase = { database: { query: (sql) => sql } };

describe('tools that are searched', () => {
  test('need of the application what they needed before', () => {
    const search = toolSearch([query], { threshold: 0 });
    expectTypeOf(search).toEqualTypeOf<ToolSearch<WithDatabase>>();
    const agent = new Agent({ model, tools: search.tools, middleware: [search] });
    expectTypeOf(agent.run('Hello', { context })).toEqualTypeOf<Run<string>>();
    // @ts-expect-error: the database is missing
    agent.run('Hello');
  });

  test('are described by options that there are', () => {
    // @ts-expect-error: it is called most
    toolSearch([query], { limit: 5 });
    // @ts-expect-error: tools that are always there are named
    toolSearch([query], { always: [query] });
  });
});

describe('tools by turn', () => {
  test('may be chosen by what the application passed', () => {
    const byTurn = selectTools<WithDatabase>((_, { context }) => [context.database.query('tool')]);
    new Agent({ model, tools: [query], middleware: [byTurn] }).run('Hello', { context });
    // @ts-expect-error: names, not tools
    selectTools((turn) => turn.tools);
  });
});
