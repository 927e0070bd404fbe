import { expect, test } from 'vitest';
import { orderRuns, searchRuns } from './order-runs.ts';

const runs = [
  { id: 'done', agent: 'support', status: 'completed', createdAt: 9, metadata: {} },
  { id: 'broken', agent: 'support', status: 'failed', createdAt: 1, metadata: {} },
  { id: 'waits', agent: 'billing', status: 'suspended', createdAt: 2, metadata: { customer: 'Ada' } },
  { id: 'waits longer', agent: 'billing', status: 'suspended', createdAt: 1, metadata: {} },
  { id: 'left', agent: 'support', status: 'interrupted', createdAt: 3, metadata: {} },
  { id: 'works', agent: 'support', status: 'running', createdAt: 8, metadata: {} },
];
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

test('runs that need attention come first, then the newest', () => {
  expect(ids(orderRuns(runs))).toEqual(['waits', 'waits longer', 'left', 'broken', 'done', 'works']);
});

test('a text selects runs that have each of its words, metadata included', () => {
  expect(ids(searchRuns(runs, { text: 'ADA billing' }))).toEqual(['waits']);
  expect(ids(searchRuns(runs, { text: ' ' }))).toHaveLength(6);
  expect(searchRuns(runs, { text: 'nobody' })).toEqual([]);
});
