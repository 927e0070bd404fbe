import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../base/errors.ts';
import type { ToolChoice } from '../chat/request.ts';
import { customTool } from '../tool/custom-tool.ts';
import { tool } from '../tool/tool.ts';
import { checkToolChoice } from './check-options.ts';

const add = tool({ name: 'add', description: 'Adds.', input: z.object({}), execute: () => 3 });
const sql = customTool({ name: 'sql', description: 'Runs a query.', execute: () => 1 });
const tools = new Map([add, sql].map((each) => [each.name, each]));

function checked(choice: unknown): void {
  checkToolChoice(choice as ToolChoice, { agent: 'a', tools });
}

const addChoice = { type: 'function', function: { name: 'add' } };
const sqlChoice = { type: 'custom', custom: { name: 'sql' } };

function allowed(...entries: readonly unknown[]): object {
  return { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: entries } };
}

describe('a tool choice', () => {
  test.each([undefined, 'none', 'auto', 'required', addChoice, sqlChoice, allowed(addChoice, sqlChoice)])(
    'may be %j',
    (choice) => {
      expect(() => checked(choice)).not.toThrow();
    },
  );

  test.each([
    null,
    'any',
    true,
    {},
    { type: 'tool', name: 'add' },
    { type: 'function' },
    { type: 'function', name: 'add' },
    { type: 'custom', custom: {} },
    { type: 'allowed_tools' },
    { type: 'allowed_tools', allowed_tools: { tools: [addChoice] } },
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: 'add' } },
    allowed(),
    allowed('add'),
    allowed(addChoice, { type: 'function' }),
  ])('cannot be %j', (choice) => {
    expect(() => checked(choice)).toThrow(ConfigError);
    expect(() => checked(choice)).toThrow(`Agent "a": toolChoice is ${JSON.stringify(choice)}. Use "none", "auto", `);
  });

  test.each([
    [
      { type: 'function', function: { name: 'sub' } },
      'names "sub", which is none of its tools (add, sql). Name one of them.',
    ],
    [
      { type: 'custom', custom: { name: 'js' } },
      'names "js", which is none of its tools (add, sql). Name one of them.',
    ],
    [
      allowed(addChoice, { type: 'custom', custom: { name: 'js' } }),
      'names "js", which is none of its tools (add, sql). Name one of them.',
    ],
    [
      { type: 'function', function: { name: 'sql' } },
      'names "sql" as a function tool. Write { type: "custom", custom: { name: "sql" } }.',
    ],
    [
      allowed({ type: 'custom', custom: { name: 'add' } }),
      'names "add" as a custom tool. Write { type: "function", function: { name: "add" } }.',
    ],
  ])('must name tools of the agent by their kind: %j', (choice, message) => {
    expect(() => checked(choice)).toThrow(new ConfigError(`Agent "a": toolChoice ${message}`));
  });
});
