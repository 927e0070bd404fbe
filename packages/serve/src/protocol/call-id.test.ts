import { expect, test } from 'vitest';
import { formatCallId, locatePendingCall, parseCallId } from './call-id.ts';

test.each([
  { runId: '3e3d5b18-9426-4d86-90da-5d8325a02266', path: '', turn: 1, index: 0 },
  { runId: 'order.7.1', path: '', turn: 12, index: 3 },
  { runId: 'order-7', path: 'tool:1.0', turn: 2, index: 1 },
  { runId: 'a.b', path: 'tool:1.0/tool:3.2', turn: 2, index: 1 },
  { runId: 'a.b', path: 'tool:1.0/step:a.1.0/tool:3.2', turn: 2, index: 1 },
])('reads back the id of $path $turn.$index in $runId', (place) => {
  expect(parseCallId(formatCallId(place))).toEqual(place);
});

test.each(['', 'call_1', '1.0', '.1.0', 'run.1', 'run.1.x', 'run.1.0 ', `run.${'9'.repeat(12)}.0`])(
  '%j is no id of ours',
  (id) => {
    expect(parseCallId(id)).toBeUndefined();
  },
);

test.each([
  ['approval:1.0', { path: '', turn: 1, index: 0 }],
  ['unknown_outcome:3.1:1', { path: '', turn: 3, index: 1 }],
  ['tool:3.0/approval:1.2', { path: 'tool:3.0', turn: 1, index: 2 }],
  ['tool:3.0/tool:2.1/approval:10.11:repeat:1', { path: 'tool:3.0/tool:2.1', turn: 10, index: 11 }],
])('finds the call that %j waits for', (pendingId, place) => {
  expect(locatePendingCall('r', pendingId)).toEqual({ runId: 'r', ...place });
});
