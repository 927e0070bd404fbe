import { describe, expect, test } from 'vitest';
import type { Answer } from '../event/answer.ts';
import {
  type AnswerTarget,
  checkAnswer,
  checkMessage,
  createNotWaitingError,
  createRunExistsError,
  createUnknownRunError,
  isOpen,
  type Wait,
} from './check-answer.ts';

const approve = { type: 'approve', fingerprint: 'f' } as const;
const open: Wait = {
  fingerprint: 'f',
  accepts: ['approve', 'deny', 'edit', 'result'],
  expiresAt: 100,
  isDelivered: false,
};

function answering(changes: Partial<AnswerTarget> = {}): AnswerTarget {
  return { runId: 'run', pendingId: 'approve:1.0', wait: open, endStatus: undefined, now: 99, ...changes };
}

describe('an answer that a call waits for', () => {
  test.each([
    ['an approval', approve],
    ['a denial without a reason', { type: 'deny', fingerprint: 'f' }],
    ['an edit', { type: 'edit', fingerprint: 'f', arguments: null }],
    ['a result', { type: 'result', fingerprint: 'f', value: null }],
  ] as const)('is taken: %s', (_, answer) => {
    expect(() => checkAnswer(answer, answering())).not.toThrow();
  });
});

describe('an answer is refused', () => {
  const answered = { ...open, word: approve };
  test.each([
    ['for a call that nobody asked about', 'approval.unknown', approve, { wait: undefined }],
    ['for a call that has its answer', 'approval.used', approve, { wait: answered }],
    ['after the run ended', 'approval.ended', approve, { endStatus: 'completed' }],
    ['at the moment when the call expires', 'approval.expired', approve, { now: 100 }],
    [
      'after the run was told that the call expired',
      'approval.expired',
      approve,
      { wait: { ...open, isDelivered: true } },
    ],
    ['for another call', 'approval.mismatch', { ...approve, fingerprint: 'g' }, {}],
    ['if the call does not accept it', 'approval.invalid', approve, { wait: { ...open, accepts: ['deny'] } }],
    ['if it is an edit without arguments', 'approval.invalid', { type: 'edit', fingerprint: 'f' }, {}],
    ['if it is a result without a value', 'approval.invalid', { type: 'result', fingerprint: 'f' }, {}],
    ['if it is nothing', 'approval.invalid', undefined, {}],
    ['if it is not JSON', 'approval.invalid', { type: 'result', fingerprint: 'f', value: 1n }, {}],
  ] as readonly (readonly [string, string, unknown, Partial<AnswerTarget>])[])('%s: %s', (_, code, answer, changes) => {
    // Whatever a caller without types may pass.
    expect(() => checkAnswer(answer as Answer, answering(changes))).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['that it was used', 'approval.used', { wait: { ...answered, taken: true }, ended: 'completed' }],
    ['that the run has ended', 'approval.ended', { wait: { ...open, taken: true }, ended: 'completed' }],
  ])('and says first %s: %s', (_, code, changes) => {
    expect(() => checkAnswer(approve, answering(changes))).toThrow(expect.objectContaining({ code }));
  });

  test('and lists what the call accepts', () => {
    const wait: Wait = { ...open, accepts: ['result', 'deny'] };
    expect(() => checkAnswer(approve, answering({ wait }))).toThrow(
      'Pass { type: "result", fingerprint, value }, or { type: "deny", fingerprint, reason }.',
    );
    expect(() => checkAnswer(approve, answering({ wait: { ...open, accepts: ['edit'] } }))).toThrow(
      'Pass { type: "edit", fingerprint, arguments }.',
    );
    const onlyApproval: Wait = { ...open, accepts: ['approve'] };
    expect(() => checkAnswer({ type: 'deny', fingerprint: 'f' }, answering({ wait: onlyApproval }))).toThrow(
      'Pass { type: "approve", fingerprint }.',
    );
  });
});

test.each([
  ['nothing was said', open, true],
  ['it has an answer', { ...open, answer: approve }, false],
  ['the run was told that it expired', { ...open, isDelivered: true }, false],
])('whether a call is open if %s: %o', (_, wait, is) => {
  expect(isOpen(wait)).toBe(is);
});

test('a message to a run is a user’s', () => {
  expect(() => checkMessage({ role: 'user', content: 'Stop.' }, 'run')).not.toThrow();
  for (const message of [undefined, { role: 'assistant', content: 'Stop.' }]) {
    // Whatever a caller without types may pass.
    expect(() => checkMessage(message as never, 'run')).toThrow('is not a user message');
  }
});

test.each([
  [createRunExistsError, 'run.exists'],
  [createUnknownRunError, 'run.unknown'],
  [createNotWaitingError, 'run.not_waiting'],
])('the errors of a run by its id name it, with a code: %#', (errorOf, code) => {
  expect(errorOf('r7')).toMatchObject({ code, message: expect.stringContaining('"r7"') });
});
