import { expect, test } from 'vitest';
import { buildToolName, buildToolNames } from './tool-names.ts';

test('replaces what Chat Completions does not accept in the name of an MCP tool', () => {
  expect(buildToolName('git', 'log.all v2')).toBe('git__log_all_v2');
});

test('cuts a long name of an MCP tool, and keeps it unique', () => {
  const [one, other] = ['a', 'b'].map((end) => buildToolName('server', 'x'.repeat(80) + end));
  expect(one).toHaveLength(64);
  expect(one).toMatch(/^server__x+_[0-9a-f]{6}$/);
  expect(one).not.toBe(other);
});

test('keeps a name of an MCP tool with 64 characters', () => {
  expect(buildToolName('s', 'x'.repeat(61))).toBe(`s__${'x'.repeat(61)}`);
});

test('refuses two MCP tools whose names become equal, and names both', () => {
  const build = (): unknown => buildToolNames('git', ['log.all', 'log_all']);
  expect(build).toThrow('the tools "log.all" and "log_all" would both be called "git__log_all"');
});
