import type { RunEvent } from '@pawl/core';
import { expect, test } from 'vitest';
import { compareRuns, listSteps } from './compare-runs.ts';

const stamp = { runId: 'r', path: '', agent: 'a', seq: 1, at: 1, activeMs: 1 };
const finish = (step: string, content: string): RunEvent => ({
  ...stamp,
  ...{ type: 'tool.finished', step, turn: 1, index: 0, toolCallId: 'c', toolName: 'look', output: content, content },
  ...{ durationMs: 1, call: { id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } } },
});

test('steps are compared by name, and those of one run only are at the end', () => {
  const one = [finish('tool:1.0:look', 'Oslo'), finish('tool:2.0:look', 'Rome')];
  const other = [finish('tool:1.0:look', 'Oslo'), finish('tool:2.0:look', 'Bern'), finish('tool:3.0:look', 'Bonn')];
  expect(compareRuns(one, other)).toEqual([
    { step: 'tool:1.0:look', one: 'look: Oslo', other: 'look: Oslo', isEqual: true },
    { step: 'tool:2.0:look', one: 'look: Rome', other: 'look: Bern', isEqual: false },
    { step: 'tool:3.0:look', one: undefined, other: 'look: Bonn', isEqual: false },
  ]);
});

test('a step that records several events is one step', () => {
  expect(listSteps([finish('tool:1.0:look', 'a'), finish('tool:1.0:look', 'b')])).toEqual(['tool:1.0:look']);
});
