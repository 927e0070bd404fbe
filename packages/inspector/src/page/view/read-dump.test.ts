import type { RunEvent } from '@pawl/core';
import { expect, test } from 'vitest';
import { formatDump, readDump } from './read-dump.ts';

const start = (runId: string): RunEvent => ({
  type: 'run.started',
  agent: 'a',
  messages: [],
  runId,
  path: '',
  seq: 1,
  at: 1,
  activeMs: 0,
});

test('a dump is read as it was written, run by run', () => {
  const events = [start('one'), start('two'), { ...start('one'), seq: 2 }];
  expect([...readDump(formatDump(events))]).toEqual([
    ['one', [events[0], events[2]]],
    ['two', [events[1]]],
  ]);
});

test('the lines of the events route are a dump', () => {
  const lines = [JSON.stringify({ cursor: '1', event: start('one') }), '', JSON.stringify({ end: true })];
  expect([...readDump(lines.join('\n'))]).toEqual([['one', [start('one')]]]);
});

test.each([
  ['{"a":', 'Line 1 is not JSON of an event. The file may be damaged or cut.'],
  ['{"a":1}', 'Line 1 is not an event of a run: it has no "type", "runId", "path" and "at".'],
  [`${JSON.stringify(start('one'))}\n7`, 'Line 2 is not JSON of an event. The file may be damaged or cut.'],
  ['\n', 'There is no event of a run in this file. Open one that "pawl runs export" wrote.'],
])('refuses %j', (text, message) => {
  expect(() => readDump(text)).toThrow(message);
});
