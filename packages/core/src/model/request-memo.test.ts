import { expect, test } from 'vitest';
import type { ModelContext } from './chat-model.ts';
import { completeModelContext } from './model-context.ts';
import { getMemo, type RequestMemo, withMemo } from './request-memo.ts';

const memo: RequestMemo = new Map();
const given: Partial<ModelContext> = withMemo({ runId: 'r' }, memo);

test('a copied context keeps the memo of its run', () => {
  expect(getMemo({ ...given, path: 'tool:1.0' })).toBe(memo);
});

test('a completed context keeps the memo of its run', () => {
  expect(getMemo(completeModelContext(given))).toBe(memo);
});

test('a context has no visible memo field', () => {
  expect(Object.keys(given)).toEqual(['runId']);
  expect(JSON.stringify(given)).toBe('{"runId":"r"}');
});

test('a context outside a run has no memo', () => {
  expect(getMemo(completeModelContext())).toBeUndefined();
});
