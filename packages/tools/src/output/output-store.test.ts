import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { OutputStore } from './output-store.ts';

const RUN = 'run';

test('the oldest outputs make place for newer ones', () => {
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

test('one that is longer than all may be is kept as far as it fits, and says how much is lost', () => {
  const outputs = new OutputStore({ maxTotalLength: 3 });
  outputs.keep({ runId: RUN, toolCallId: 'a' }, '12345');
  expect(outputs.find({ runId: RUN, toolCallId: 'a' })).toMatchObject({ text: '123', lostLength: 2 });
});

test('a call id that comes again stands for the later output, and what it replaces counts no more', () => {
  const outputs = new OutputStore({ maxTotalLength: 10 });
  outputs.keep({ runId: RUN, toolCallId: 'other' }, '1234');
  outputs.keep({ runId: RUN, toolCallId: 'a' }, '123456');
  outputs.keep({ runId: RUN, toolCallId: 'a' }, 'abcdef');
  expect(outputs.listCalls(RUN)).toEqual(['a', 'other']);
  expect(outputs.find({ runId: RUN, toolCallId: 'a' })?.text).toEqual('abcdef');
});

test('ids that would read alike when joined are kept apart', () => {
  const outputs = new OutputStore();
  outputs.keep({ runId: 'a","b', toolCallId: 'c' }, 'one');
  expect(outputs.find({ runId: 'a', toolCallId: 'b","c' })).toBeUndefined();
});

test.each([0, -1, 1.5, Number.NaN])('a cap of %s is refused where it is made', (maxTotalLength) => {
  expect(() => new OutputStore({ maxTotalLength })).toThrow(ConfigError);
});
