import { expect, test } from 'vitest';
import type { ModelContext } from './chat-model.ts';
import { modelContext } from './model-context.ts';
import { memoOf, type RequestMemo, withMemo } from './request-memo.ts';

const memo: RequestMemo = new Map();
const given: Partial<ModelContext> = withMemo({ runId: 'r' }, memo);

test('a copy of a context has the memo of its run', () => {
  expect(memoOf({ ...given, path: 'tool:1.0' })).toBe(memo);
});

test('a context that is completed has the memo of its run', () => {
  expect(memoOf(modelContext(given))).toBe(memo);
});

test('a context shows no memo', () => {
  expect(Object.keys(given)).toEqual(['runId']);
  expect(JSON.stringify(given)).toBe('{"runId":"r"}');
});

test('a context outside a run has none', () => {
  expect(memoOf(modelContext())).toBeUndefined();
});
