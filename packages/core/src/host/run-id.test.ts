import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { runIdOf } from './run-id.ts';

test.each(['order-7', 'ä🦊', 'with a blank / and a slash'])('%j is the id of a run', (id) => {
  expect(runIdOf(id)).toBe(id);
});

test('without one, each run gets its own', () => {
  expect(runIdOf(undefined)).not.toBe(runIdOf(undefined));
});

test.each(['', 'a\0b', 'a\ud800', 7, null])('%j is none, and told', (id) => {
  expect(() => runIdOf(id as never)).toThrow(ConfigError);
});
