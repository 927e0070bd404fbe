import { Agent, type ChatModel, customTool, type Run, type Tool } from '@pawl/core';
import { getCallArguments, getCallName, type ToolCall } from '@pawl/core/chat';
import { describe, expectTypeOf, test } from 'vitest';

declare const model: ChatModel;

interface WithShell {
  readonly shell: { readonly run: (command: string) => string };
}

const shell = customTool({
  name: 'shell',
  description: 'Runs a command.',
  execute: (text, { context }: { readonly context: WithShell }) => context.shell.run(text),
});

describe('a custom tool', () => {
  test('has a string as input everywhere', () => {
    const tool = customTool({
      name: 'sql',
      description: 'Runs a query.',
      format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
      execute: (text) => {
        expectTypeOf(text).toEqualTypeOf<string>();
        return text.length;
      },
      needsApproval: (text) => text.startsWith('DROP'),
      preview: (text) => text.toUpperCase(),
    });
    expectTypeOf(tool).toEqualTypeOf<Tool<unknown, string, number>>();
    expectTypeOf(new Agent({ model, tools: [tool] }).run('Hello')).toEqualTypeOf<Run<string>>();
  });

  test('has calls like a function tool, for listeners', () => {
    expectTypeOf(getCallName).toEqualTypeOf<(call: ToolCall) => string>();
    expectTypeOf(getCallArguments).toEqualTypeOf<(call: ToolCall) => string>();
  });

  test('requires the context that it needs', () => {
    const agent = new Agent({ model, tools: [shell] });
    agent.run('Hello', { context: { shell: { run: (command) => command } } });
    // @ts-expect-error: the context is missing
    agent.run('Hello');
  });

  test('has no schema', () => {
    // @ts-expect-error: the input is a string
    customTool({ name: 'sql', description: 'Runs a query.', input: { type: 'object' }, execute: () => 1 });
  });

  test('accepts two grammar syntaxes', () => {
    customTool({
      name: 'sql',
      description: 'Runs a query.',
      // @ts-expect-error: lark or regex
      format: { type: 'grammar', grammar: { syntax: 'ebnf', definition: 'a' } },
      execute: () => 1,
    });
  });
});

describe('toolChoice', () => {
  test('has five forms', () => {
    const fn = { type: 'function', function: { name: 'shell' } } as const;
    const custom = { type: 'custom', custom: { name: 'shell' } } as const;
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [fn, custom] } } as const;
    for (const toolChoice of ['none', 'auto', 'required', fn, custom, allowed] as const) {
      new Agent({ model, tools: [shell], toolChoice });
    }
    // @ts-expect-error: this value does not exist
    new Agent({ model, tools: [shell], toolChoice: 'any' });
    // @ts-expect-error: a function is named in another form
    new Agent({ model, tools: [shell], toolChoice: { type: 'function', custom: { name: 'shell' } } });
  });

  test('is not a model setting', () => {
    // @ts-expect-error: it is an option of the agent
    new Agent({ model, modelSettings: { tool_choice: 'none' } });
  });
});
