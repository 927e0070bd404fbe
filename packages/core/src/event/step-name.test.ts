import { expect, test } from 'vitest';
import {
  compareSteps,
  formatCallStep,
  formatTurnStep,
  isResultOf,
  isStepLabel,
  isStepName,
  readOpenCall,
  readPath,
} from './step-name.ts';

test.each([
  [formatTurnStep('model', 3), 'model:3'],
  [formatTurnStep('model', 3, 2), 'model:3:2'],
  [formatCallStep('approval', { turn: 1, index: 0 }), 'approval:1.0'],
  [formatCallStep('approval', { turn: 1, index: 0, repeats: 2 }), 'approval:1.0:repeat:2'],
  [formatCallStep('unknown_outcome', { turn: 3, index: 1, unknownOutcomes: 1 }), 'unknown_outcome:3.1:1'],
  [formatCallStep('tool', { turn: 3, index: 1, toolName: 'refund' }), 'tool:3.1:refund'],
  [formatCallStep('tool', { turn: 3, index: 1, toolName: 'refund', unknownOutcomes: 2 }), 'tool:3.1:refund:2'],
  [formatCallStep('tool', { turn: 3, index: 1, toolName: 'no/name' }), 'tool:3.1:'],
])('formats the step name %s', (name, expected) => {
  expect(name).toBe(expected);
  expect(isStepName(name)).toBe(true);
});

test.each(['start', 'tool:3.0/start', 'tool:3.0/tool:1.2/answer:2.0:1'])('recognizes the step name %s', (name) => {
  expect(isStepName(name)).toBe(true);
});

test.each([
  '',
  'begin',
  'begin:1',
  'start:1',
  'model',
  'model:1.0',
  'tool:1',
  'tool:x.0',
  'Model:1',
  'constructor:1',
  'tool:3.0:look/model:1',
  'model:1/model:1',
  '/model:1',
  'model:1/',
])('rejects the step name "%s"', (name) => {
  expect(isStepName(name)).toBe(false);
});

test('reads the path of a nested run', () => {
  expect(readPath('model:3')).toBe('');
  expect(readPath('tool:3.0/model:1')).toBe('tool:3.0');
  expect(readPath('tool:3.0/tool:1.1/model:1')).toBe('tool:3.0/tool:1.1');
});

test.each([
  ['approval:1.2', { path: '', call: '1.2' }],
  ['nested:1.2', { path: '', call: '1.2' }],
  ['unknown_outcome:1.2:1', { path: '', call: '1.2' }],
  ['tool:3.0/answer:1.2:repeat:1', { path: 'tool:3.0', call: '1.2' }],
  ['tool:1.2:look', undefined],
  ['check:1.2', undefined],
  ['model:1', undefined],
])('reads the open call of %s', (name, call) => {
  expect(readOpenCall(name, { includesChecks: false })).toEqual(call);
});

test('a check belongs to an open call only if checks count', () => {
  const call = { path: 'tool:3.0', call: '1.2' };
  expect(readOpenCall('tool:3.0/check:1.2:repeat:1', { includesChecks: true })).toEqual(call);
  expect(readOpenCall('tool:3.0/check:1.2:repeat:1', { includesChecks: false })).toBeUndefined();
  expect(readOpenCall('tool:1.2:pay', { includesChecks: true })).toBeUndefined();
});

test('a result belongs to the call of its turn, index and path', () => {
  const call = { path: 'tool:3.0', call: '1.2' };
  expect(isResultOf('tool:3.0/tool:1.2:look', call)).toBe(true);
  expect(isResultOf('tool:1.2:look', call)).toBe(false);
  expect(isResultOf('tool:3.0/tool:1.20:look', call)).toBe(false);
});

test('sorts steps in the order of a run', () => {
  const inOrder = [
    'start',
    'prepare:1',
    'model:1',
    'check:1.0',
    'approval:1.0',
    'answer:1.0',
    'tool:1.0:look',
    'tool:1.1:look',
    'unknown_outcome:1.1:1',
    'handoff:1',
    'prepare:2',
    'model:2',
    'limit:2',
    'model:10',
  ];
  expect([...inOrder].reverse().sort(compareSteps)).toEqual(inOrder);
});

test.each([
  'step:plan',
  'step:plan:1',
  'step:search 1 (of 2)',
  'step:plan/model:1',
  'step:send/tool:1.0:send',
  'tool:1.0/step:plan/tool:2.0/model:1',
  'tool:1.0/step:plan',
  'wrap:1.0/step:judge/start',
  'model:2/step:judge/approval:1.0',
  'prepare:2/step:judge',
  'output:2/step:judge/model:1',
  'handoff:2/step:summary/model:1',
  'end',
])('accepts the step name %j of code', (name) => {
  expect(isStepName(name)).toBe(true);
});

test.each(['step:', 'step:a:b', 'model:1/step:', 'wrap:1.0/model:1', 'step:a/', 'prepare:1/start', 'end:1'])(
  'rejects the step name %j of code',
  (name) => {
    expect(isStepName(name)).toBe(false);
  },
);

test.each(['plan', 'search-1', 'Ein Schritt', 'a'.repeat(100)])('lets code name a step %j', (label) => {
  expect(isStepLabel(label)).toBe(true);
});

test.each(['', ' ', 'a/b', 'a:b', 'a\nb', 'a\u0000', '\ud800', 'a'.repeat(101), 5, undefined])(
  'does not let code name a step %j',
  (label) => {
    expect(isStepLabel(label)).toBe(false);
  },
);

test('sorts the runs of a call before the next turn, and the end of a flow last', () => {
  const inOrder = ['start', 'model:1', 'wrap:1.0/step:a/model:1', 'model:2', 'step:b', 'end'];
  expect([...inOrder].reverse().sort(compareSteps)).toEqual(inOrder);
});
