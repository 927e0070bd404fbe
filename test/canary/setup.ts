import { afterEach, expect } from 'vitest';
import { searchErrors, takeLeaks } from './watch.ts';
import './watch-output.ts';

// This file is run for each file of tests; what it imports, once. After that, so that their errors are seen: the tests beside core's files have no runs, and need not load it all.
const { testPath = '' } = expect.getState();
if (!testPath.includes('/packages/core/src/')) await import('./watch-runs.ts');

afterEach(() => {
  searchErrors();
  expect(takeLeaks()).toEqual([]);
});
