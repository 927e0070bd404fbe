import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { OutputStore } from './outputs.ts';

const RUN = 'run';

test('the oldest outputs make place for newer ones', () => {
  const outputs = new OutputStore({ maxTotalLength: 10 });
  outputs.keep({ runId: RUN, callId: 'a' }, '1234');
  outputs.keep({ runId: 'other', callId: 'b' }, '5678');
  outputs.keep({ runId: RUN, callId: 'c' }, '90');
  outputs.keep({ runId: RUN, callId: 'd' }, '!');
  expect(outputs.callsOf(RUN)).toEqual(['d', 'c']);
  expect(outputs.callsOf('other')).toEqual(['b']);
  outputs.keep({ runId: RUN, callId: 'e' }, '1234567890');
  expect(outputs.callsOf(RUN)).toEqual(['e']);
  expect(outputs.callsOf('other')).toEqual([]);
});

test('one that is longer than all may be is kept as far as it fits, and says how much is lost', () => {
  const outputs = new OutputStore({ maxTotalLength: 3 });
  outputs.keep({ runId: RUN, callId: 'a' }, '12345');
  expect(outputs.find({ runId: RUN, callId: 'a' })).toMatchObject({ text: '123', lost: 2 });
});

test('a call id that comes again stands for the later output, and what it replaces counts no more', () => {
  const outputs = new OutputStore({ maxTotalLength: 10 });
  outputs.keep({ runId: RUN, callId: 'other' }, '1234');
  outputs.keep({ runId: RUN, callId: 'a' }, '123456');
  outputs.keep({ runId: RUN, callId: 'a' }, 'abcdef');
  expect(outputs.callsOf(RUN)).toEqual(['a', 'other']);
  expect(outputs.find({ runId: RUN, callId: 'a' })?.text).toEqual('abcdef');
});

test('ids that would read alike when joined are kept apart', () => {
  const outputs = new OutputStore();
  outputs.keep({ runId: 'a","b', callId: 'c' }, 'one');
  expect(outputs.find({ runId: 'a', callId: 'b","c' })).toBeUndefined();
});

test.each([0, -1, 1.5, Number.NaN])('a cap of %s is refused where it is made', (maxTotalLength) => {
  expect(() => new OutputStore({ maxTotalLength })).toThrow(ConfigError);
});
