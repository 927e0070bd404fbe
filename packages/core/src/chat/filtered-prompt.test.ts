import { expect, test } from 'vitest';
import { isFilterError } from './filtered-prompt.ts';
import { readServerError } from './server-error.ts';

/** Azure's results, inside `innererror`. */
const results = (...filtered: readonly boolean[]): object => ({
  error: {
    message: 'Bad request.',
    innererror: {
      content_filter_result: Object.fromEntries(filtered.map((each, index) => [index, { filtered: each }])),
    },
  },
});

test.each<[string, object]>([
  ['an unnamed reason for a block', { promptFeedback: { blockReason: 'OTHER' } }],
  ['a reason for a block in snake case', { prompt_feedback: { block_reason: 'OTHER' } }],
  ['one result that is filtered', results(false, true)],
  ['the input that was flagged', { error: { message: 'No.', metadata: { flagged_input: 'x' } } }],
  ['a status of MiniMax', { base_resp: { status_code: 1026 } }],
  ['the message of a gateway', { error: { message: 'Blocked by content filter.' } }],
  ['the message of a gateway, with an article', { error: { message: 'Blocked by the safety filter.' } }],
  ['a policy that is violated', { error: { message: 'The text violates our usage policies.' } }],
  ['rules that are not followed', { error: { message: 'This is noncompliant with the safety rules.' } }],
  ['a guardrail', { error: { message: 'Blocked by the guardrail.' } }],
  ['a reason after the message', { error: { message: 'Your request was blocked: it has harmful parts.' } }],
])('recognizes a filter error: %s', (_, body) => {
  expect(isFilterError(readServerError(body))).toBe(true);
});

test.each<[string, object]>([
  ['an empty reason', { promptFeedback: { blockReason: '' } }],
  ['a reason that is not a text', { promptFeedback: { blockReason: 7 } }],
  ['results that are not filtered', results(false, false)],
  ['no results', results()],
  ['an account that is flagged', { error: { message: 'Account flagged.', metadata: { flagged_input: 'x' } } }],
])('does not mistake another error for a filter error: %s', (_, body) => {
  expect(isFilterError(readServerError(body))).toBe(false);
});
