import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../base/errors.ts';
import { tool } from './tool.ts';
import { filterTools, prefixTools, renameTools, withToolTimeout } from './toolset.ts';

const input = z.object({});
const read = tool({ name: 'read', description: 'Reads.', input, effect: 'read', execute: () => 'read' });
const write = tool({ name: 'write', description: 'Writes.', input, execute: () => 'written' });
const tools = [read, write];

function names(list: readonly { readonly name: string }[]): readonly string[] {
  return list.map(({ name }) => name);
}

test('prefixes and renames tools without changing the originals', () => {
  const [prefixed] = prefixTools(tools, 'git_');
  expect(names(prefixTools(tools, 'git_'))).toEqual(['git_read', 'git_write']);
  expect(prefixed).toMatchObject({ effect: 'read', description: 'Reads.' });
  expect(Object.isFrozen(prefixed)).toBe(true);
  expect(names(tools)).toEqual(['read', 'write']);
  expect(names(renameTools(tools, { write: 'put' }))).toEqual(['read', 'put']);
});

test('filters tools by name or by a function', () => {
  expect(names(filterTools(tools, ['write']))).toEqual(['write']);
  expect(names(filterTools(tools, ({ effect }) => effect === 'read'))).toEqual(['read']);
});

test('withToolTimeout replaces the deadline', () => {
  expect(withToolTimeout(tools, 500).map(({ timeoutMs }) => timeoutMs)).toEqual([500, 500]);
  expect(read.timeoutMs).toBe(60_000);
});

test.each([
  ['a prefixed name that is too long', () => prefixTools(tools, 'x'.repeat(64))],
  ['a name that can’t be sent', () => renameTools(tools, { read: 'read it' })],
  ['an unknown tool to rename', () => renameTools(tools, { erase: 'remove' })],
  ['a name of Object.prototype', () => renameTools(tools, { toString: 'x' })],
  ['an unknown tool to filter', () => filterTools(tools, ['erase'])],
  [
    'a deadline for a tool that is answered from outside',
    () => withToolTimeout([{ ...read, hasExternalResult: true }], 500),
  ],
  ['an invalid deadline', () => withToolTimeout(tools, Number.NaN)],
])('refuses %s', (_, make) => {
  expect(make).toThrow(ConfigError);
});
