import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { readRunId } from './read-run-id.ts';

test.each(['order-7', 'ä🦊', 'with a blank / and a slash'])('%j is the id of a run', (id) => {
  expect(readRunId(id)).toBe(id);
});

test('without one, each run gets its own', () => {
  expect(readRunId(undefined)).not.toBe(readRunId(undefined));
});

test.each(['', 'a\0b', 'a\ud800', 7, null])('%j is none, and told', (id) => {
  expect(() => readRunId(id as never)).toThrow(ConfigError);
});
