import { Agent, type ChatModel, customTool, type Run, type Tool } from '@pawl/core';
import { callArguments, callName, type ToolCall } from '@pawl/core/chat';
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
  test('takes text, wherever its input is given', () => {
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

  test('is called as functions are, as far as a listener has to know', () => {
    expectTypeOf(callName).toEqualTypeOf<(call: ToolCall) => string>();
    expectTypeOf(callArguments).toEqualTypeOf<(call: ToolCall) => string>();
  });

  test('asks for the context that it needs', () => {
    const agent = new Agent({ model, tools: [shell] });
    agent.run('Hello', { context: { shell: { run: (command) => command } } });
    // @ts-expect-error: the context is missing
    agent.run('Hello');
  });

  test('has no schema', () => {
    // @ts-expect-error: its input is text
    customTool({ name: 'sql', description: 'Runs a query.', input: { type: 'object' }, execute: () => 1 });
  });

  test('knows two syntaxes of grammars', () => {
    customTool({
      name: 'sql',
      description: 'Runs a query.',
      // @ts-expect-error: lark or regex
      format: { type: 'grammar', grammar: { syntax: 'ebnf', definition: 'a' } },
      execute: () => 1,
    });
  });
});

describe('a choice of tools', () => {
  test('has five forms', () => {
    const fn = { type: 'function', function: { name: 'shell' } } as const;
    const custom = { type: 'custom', custom: { name: 'shell' } } as const;
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [fn, custom] } } as const;
    for (const toolChoice of ['none', 'auto', 'required', fn, custom, allowed] as const) {
      new Agent({ model, tools: [shell], toolChoice });
    }
    // @ts-expect-error: there is no such word
    new Agent({ model, tools: [shell], toolChoice: 'any' });
    // @ts-expect-error: a function is not named as a custom tool is
    new Agent({ model, tools: [shell], toolChoice: { type: 'function', custom: { name: 'shell' } } });
  });

  test('is no setting', () => {
    // @ts-expect-error: it is an option of the agent
    new Agent({ model, modelSettings: { tool_choice: 'none' } });
  });
});
