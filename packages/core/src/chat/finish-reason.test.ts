import { expect, test } from 'vitest';
import { FINISH_WORDS, isUnfinishedReason, readFinishKind, readFinishReason } from './finish-reason.ts';

const words = Object.entries(FINISH_WORDS).flatMap(([kind, list]) => list.split(/\s+/).map((word) => ({ kind, word })));

test.each(words)('reads $word as $kind in any notation', ({ kind, word }) => {
  const parts = word.split('_');
  const camel = parts.map((part, at) => (at === 0 ? part : `${part.charAt(0).toUpperCase()}${part.slice(1)}`)).join('');
  const forms = [word, word.toUpperCase(), parts.join('-'), parts.join(' '), camel, ` ${word} `];
  expect(forms.map(readFinishKind)).toEqual(forms.map(() => kind));
  expect(readFinishKind(`FinishReason.${word.toUpperCase()}`)).toBe(kind);
});

test.each([
  ['stop', { kind: 'stop', reason: 'stop' }],
  ['END_TURN', { kind: 'stop', reason: 'stop' }],
  ['toolUse', { kind: 'calls', reason: 'tool_calls' }],
  ['function_call', { kind: 'calls', reason: 'function_call' }],
  ['FUNCTION_CALL', { kind: 'calls', reason: 'function_call' }],
  ['model length', { kind: 'cut', reason: 'length' }],
  ['content-filter', { kind: 'filtered', reason: 'content_filter' }],
  ['content_filter: OTHER', { kind: 'filtered', reason: 'content_filter' }],
  ['function_call_filter: MALFORMED_FUNCTION_CALL', { kind: 'failed', reason: undefined }],
  ['upstream_error', { kind: 'failed', reason: undefined }],
  ['ERROR_TOXIC', { kind: 'filtered', reason: 'content_filter' }],
  ['gemini: SAFETY', { kind: 'filtered', reason: 'content_filter' }],
  ['finish_reason_max_tokens', { kind: 'cut', reason: 'length' }],
  ['REASON_MAX_LEN', { kind: 'cut', reason: 'length' }],
])('reads %j as %j', (word, finish) => {
  expect(readFinishReason(word)).toEqual(finish);
});

test.each([
  'vibes',
  'constructor',
  '__proto__',
  'toString',
  '',
  ':',
  'reason',
  'finish_reason',
  '停止',
  `stop${'!'.repeat(200)}`,
])('%j is not a known finish reason', (word) => {
  expect(readFinishReason(word)).toBeUndefined();
});

test.each([undefined, null, 7, {}])('has no kind for a value that is not a text: %j', (reason) => {
  expect(readFinishKind(reason)).toBeUndefined();
});

test.each([
  ['null', true],
  ['FINISH_REASON_UNSPECIFIED', true],
  ['not_finished', true],
  ['stop', false],
])('%j means that the response is not finished: %j', (word, isUnfinished) => {
  expect(isUnfinishedReason(word)).toBe(isUnfinished);
});
