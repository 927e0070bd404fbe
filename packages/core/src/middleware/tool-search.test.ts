import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../base/errors.ts';
import { tool } from '../tool/tool.ts';
import { toolSearch } from './tool-search.ts';

const [read, write] = ['read', 'write'].map((name) =>
  tool({ name, description: `To ${name}.`, input: z.object({}), execute: () => name }),
);
const tools = [read, write].filter((each) => each !== undefined);

test.each([
  [{ always: ['red'] }, 'toolSearch: always has "red", which is not a tool. The tools are: read, write.'],
  [{ name: 'read' }, 'toolSearch: a tool has the name "read" of the search. Pass another name for the search.'],
  [{ name: 'find tools' }, 'Tool name "find tools" cannot be sent.'],
  [{ threshold: -1 }, 'toolSearch: threshold is -1. Pass a whole number of 0 or more.'],
  [{ threshold: 1.5 }, 'toolSearch: threshold is 1.5.'],
  [{ maxResults: 0 }, 'toolSearch: maxResults is 0. Pass a whole number of 1 or more.'],
  [{ maxResults: Number.NaN }, 'toolSearch: maxResults is NaN.'],
])('refuses the options %j', (options, message) => {
  expect(() => toolSearch(tools, options)).toThrow(ConfigError);
  expect(() => toolSearch(tools, options)).toThrow(message);
});

test('does not change the tools, and adds a search tool with effect read', () => {
  const search = toolSearch(tools, { threshold: 1, name: 'find_tools' });
  expect(search.tools.slice(0, 2)).toEqual(tools);
  expect(search.tools[2]).toMatchObject({ name: 'find_tools', effect: 'read', strictReport: [] });
  expect(tools).toHaveLength(2);
});

test('adds no search for a small number of tools', () => {
  expect(toolSearch(tools)).toEqual({ tools });
});
