import { afterEach, expect } from 'vitest';
import { searchErrors, takeLeaks } from './watch.ts';
import './watch-output.ts';

// Loaded for each test file; its imports run once. Imported dynamically, so that errors of the import are searched too.
// Tests beside core's files have no runs and skip it.
const { testPath = '' } = expect.getState();
if (!testPath.includes('/packages/core/src/')) await import('./watch-runs.ts');

afterEach(() => {
  searchErrors();
  expect(takeLeaks()).toEqual([]);
});
