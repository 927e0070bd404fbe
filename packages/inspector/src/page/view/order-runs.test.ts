import { expect, test } from 'vitest';
import { orderRuns } from './order-runs.ts';

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
