import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { OutputStore } from './output-store.ts';

const RUN = 'run';

test('drops the oldest outputs for newer ones', () => {
  const outputs = new OutputStore({ maxTotalLength: 10 });
  outputs.keep({ runId: RUN, toolCallId: 'a' }, '1234');
  outputs.keep({ runId: 'other', toolCallId: 'b' }, '5678');
  outputs.keep({ runId: RUN, toolCallId: 'c' }, '90');
  outputs.keep({ runId: RUN, toolCallId: 'd' }, '!');
  expect(outputs.listCalls(RUN)).toEqual(['d', 'c']);
  expect(outputs.listCalls('other')).toEqual(['b']);
  outputs.keep({ runId: RUN, toolCallId: 'e' }, '1234567890');
  expect(outputs.listCalls(RUN)).toEqual(['e']);
  expect(outputs.listCalls('other')).toEqual([]);
});

test('cuts an output that exceeds the total limit, and counts the lost characters', () => {
  const outputs = new OutputStore({ maxTotalLength: 3 });
  outputs.keep({ runId: RUN, toolCallId: 'a' }, '12345');
  expect(outputs.find({ runId: RUN, toolCallId: 'a' })).toMatchObject({ text: '123', lostLength: 2 });
});

test('replaces the output of a repeated call id', () => {
  const outputs = new OutputStore({ maxTotalLength: 10 });
  outputs.keep({ runId: RUN, toolCallId: 'other' }, '1234');
  outputs.keep({ runId: RUN, toolCallId: 'a' }, '123456');
  outputs.keep({ runId: RUN, toolCallId: 'a' }, 'abcdef');
  expect(outputs.listCalls(RUN)).toEqual(['a', 'other']);
  expect(outputs.find({ runId: RUN, toolCallId: 'a' })?.text).toEqual('abcdef');
});

test('separates ids that would be equal when joined', () => {
  const outputs = new OutputStore();
  outputs.keep({ runId: 'a","b', toolCallId: 'c' }, 'one');
  expect(outputs.find({ runId: 'a', toolCallId: 'b","c' })).toBeUndefined();
});

test.each([0, -1, 1.5, Number.NaN])('refuses the limit %s with a ConfigError', (maxTotalLength) => {
  expect(() => new OutputStore({ maxTotalLength })).toThrow(ConfigError);
});
