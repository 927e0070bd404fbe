import { expect, test } from 'vitest';
import { disagreements } from './null-branches.ts';

const branch = (type: unknown): object => ({ type: 'object', properties: { x: { type } } });

test('compares every branch of a union with every other', () => {
  const reason = 'branches disagree about whether "x" may be null or left out';
  const [one, other] = [branch('string'), branch(['string', 'null'])];
  expect(disagreements({ anyOf: [one, one] })).toEqual([]);
  expect(disagreements({ anyOf: [one, other] })).toEqual([{ pointer: '', reason }]);
  expect(disagreements({ anyOf: [one, branch('number'), other] })).toEqual([{ pointer: '', reason }]);
});
