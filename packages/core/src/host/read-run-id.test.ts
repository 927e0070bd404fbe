import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { readRunId } from './read-run-id.ts';

test.each(['order-7', 'ä🦊', 'with a blank / and a slash'])('accepts %j as the id of a run', (id) => {
  expect(readRunId(id)).toBe(id);
});

test('creates a different id for each run without one', () => {
  expect(readRunId(undefined)).not.toBe(readRunId(undefined));
});

test.each(['', 'a\0b', 'a\ud800', 7, null])('refuses %j as the id of a run', (id) => {
  expect(() => readRunId(id as never)).toThrow(ConfigError);
});
