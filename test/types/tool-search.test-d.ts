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

describe('toolSearch', () => {
  test('keeps the context that its tools need', () => {
    const search = toolSearch([query], { threshold: 0 });
    expectTypeOf(search).toEqualTypeOf<ToolSearch<WithDatabase>>();
    const agent = new Agent({ model, tools: search.tools, middleware: [search] });
    expectTypeOf(agent.run('Hello', { context })).toEqualTypeOf<Run<string>>();
    // @ts-expect-error: the database is missing
    agent.run('Hello');
  });

  test('accepts only known options', () => {
    // @ts-expect-error: the option is maxResults
    toolSearch([query], { limit: 5 });
    // @ts-expect-error: `always` has the names of tools
    toolSearch([query], { always: [query] });
  });
});

describe('selectTools', () => {
  test('gets the context', () => {
    const byTurn = selectTools<WithDatabase>((_, { context }) => [context.database.query('tool')]);
    new Agent({ model, tools: [query], middleware: [byTurn] }).run('Hello', { context });
    // @ts-expect-error: names, not tools
    selectTools((turn) => turn.tools);
  });
});
