import type { RunEvent } from '@pawl/core';
import type { RunState } from '@pawl/serve';
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
const state: RunState = {
  id: 'one',
  agent: 'a',
  status: 'completed',
  createdAt: 7,
  metadata: { customer: 'ada' },
  outcome: { status: 'completed', text: 'Hi.' },
  pending: [],
  usage: null,
  error: null,
};

test('a dump is read as it was written, without live events', () => {
  const live = { type: 'text.delta', delta: 'H', turn: 1, attempt: 1, runId: 'one', path: '', seq: 2, at: 2 };
  const dump = readDump(formatDump(state, [start('one'), { ...live, agent: 'a' } as RunEvent]));
  expect(dump.get('one')?.events).toEqual([start('one')]);
  expect(dump.get('one')?.state).toMatchObject({
    agent: 'a',
    status: 'completed',
    startedAt: 7,
    outcome: state.outcome,
  });
});

test('a dump may have several runs, and events alone', () => {
  const lines = [start('one'), start('two'), { ...start('one'), seq: 2 }].map((event) => JSON.stringify(event));
  expect([...readDump(lines.join('\n'))]).toEqual([
    ['one', { state: undefined, events: [start('one'), { ...start('one'), seq: 2 }] }],
    ['two', { state: undefined, events: [start('two')] }],
  ]);
});

test('the lines of the events route are a dump', () => {
  const lines = [JSON.stringify({ cursor: '1', event: start('one') }), '', JSON.stringify({ end: true })];
  expect(readDump(lines.join('\n')).get('one')?.events).toEqual([start('one')]);
});

test.each([
  ['{"a":', 'Line 1 is not JSON of an event. The file may be damaged or cut.'],
  ['{"a":1}', 'Line 1 is neither a run nor an event: it has no "type", "runId", "path" and "at".'],
  [`${JSON.stringify(start('one'))}\n7`, 'Line 2 is not JSON of an event. The file may be damaged or cut.'],
  ['\n', 'There is no run in this file. Open one that "pawl runs export" wrote.'],
])('refuses %j', (text, message) => {
  expect(() => readDump(text)).toThrow(message);
});
