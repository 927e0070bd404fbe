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
])('%j is refused where it is written', (options, message) => {
  expect(() => toolSearch(tools, options)).toThrow(ConfigError);
  expect(() => toolSearch(tools, options)).toThrow(message);
});

test('the tools that were passed stay as they are, and the search only reads', () => {
  const search = toolSearch(tools, { threshold: 1, name: 'find_tools' });
  expect(search.tools.slice(0, 2)).toEqual(tools);
  expect(search.tools[2]).toMatchObject({ name: 'find_tools', effect: 'read', strictReport: [] });
  expect(tools).toHaveLength(2);
});

test('of few tools there is nothing to search, and no turn to prepare', () => {
  expect(toolSearch(tools)).toEqual({ tools });
});
