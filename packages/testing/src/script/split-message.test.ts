import { expect, test } from 'vitest';
import { splitMessage } from './split-message.ts';

test('splits a text into words, each with the space after it', () => {
  expect(splitMessage({ role: 'assistant', content: ' Two words\n' })).toEqual([
    { wire: { content: ' Two ' }, delta: { type: 'text', delta: ' Two ' } },
    { wire: { content: 'words\n' }, delta: { type: 'text', delta: 'words\n' } },
  ]);
});

test('splits a call into its head and pieces of its arguments', () => {
  const call = { id: 'c', type: 'function', function: { name: 'get', arguments: '{"name":"Mo🐳 Dick"}' } } as const;
  expect(splitMessage({ role: 'assistant', content: null, tool_calls: [call] })).toEqual([
    {
      wire: { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'get', arguments: '' } }] },
      delta: { type: 'call', index: 0, id: 'c', name: 'get', delta: '' },
    },
    ...['{"name":"Mo🐳', ' Dick"}'].map((delta) => ({
      wire: { tool_calls: [{ index: 0, function: { arguments: delta } }] },
      delta: { type: 'call', index: 0, id: 'c', name: 'get', delta },
    })),
  ]);
});

test('splits a call of a custom tool into its head and pieces of its text', () => {
  const call = { id: 'c', type: 'custom', custom: { name: 'sql', input: 'SELECT name\nFROM x' } } as const;
  expect(splitMessage({ role: 'assistant', content: null, tool_calls: [call] })).toEqual([
    {
      wire: { tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: { name: 'sql', input: '' } }] },
      delta: { type: 'call', index: 0, id: 'c', name: 'sql', kind: 'custom', delta: '' },
    },
    ...['SELECT name\n', 'FROM x'].map((delta) => ({
      wire: { tool_calls: [{ index: 0, custom: { input: delta } }] },
      delta: { type: 'call', index: 0, id: 'c', name: 'sql', kind: 'custom', delta },
    })),
  ]);
});

test('puts undocumented fields first and gives a delta for reasoning', () => {
  const message = { role: 'assistant', content: 'a', reasoning_content: 'so b', extra: { c: 1 } } as const;
  expect(splitMessage(message)).toEqual([
    { wire: { reasoning_content: 'so ' }, delta: { type: 'reasoning', delta: 'so ' } },
    { wire: { reasoning_content: 'b' }, delta: { type: 'reasoning', delta: 'b' } },
    { wire: { extra: { c: 1 } }, delta: undefined },
    { wire: { content: 'a' }, delta: { type: 'text', delta: 'a' } },
  ]);
});
