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
  accepts: ['approve', 'deny', 'edit', 'result', 'resume'],
  expiresAt: 100,
  isDelivered: false,
};

function createTarget(changes: Partial<AnswerTarget> = {}): AnswerTarget {
  return { runId: 'run', pendingId: 'approval:1.0', wait: open, endStatus: undefined, now: 99, ...changes };
}

describe('checkAnswer', () => {
  test.each([
    ['an approval', approve],
    ['a denial without a reason', { type: 'deny', fingerprint: 'f' }],
    ['an edit', { type: 'edit', fingerprint: 'f', arguments: null }],
    ['a value to resume with', { type: 'resume', fingerprint: 'f', value: null }],
    ['a result', { type: 'result', fingerprint: 'f', value: null }],
  ] as const)('accepts %s', (_, answer) => {
    expect(() => checkAnswer(answer, createTarget())).not.toThrow();
  });
});

describe('checkAnswer with an answer that does not fit', () => {
  const answered = { ...open, answer: approve };
  test.each([
    ['for an unknown call', 'approval.unknown', approve, { wait: undefined }],
    ['for an answered call', 'approval.used', approve, { wait: answered }],
    ['of a run that has ended', 'approval.ended', approve, { endStatus: 'completed' }],
    ['at the moment at which the call expires', 'approval.expired', approve, { now: 100 }],
    [
      'after the expiry was delivered to the run',
      'approval.expired',
      approve,
      { wait: { ...open, isDelivered: true } },
    ],
    ['with the fingerprint of another call', 'approval.mismatch', { ...approve, fingerprint: 'g' }, {}],
    ['that the call does not accept', 'approval.invalid', approve, { wait: { ...open, accepts: ['deny'] } }],
    ['that is an edit without arguments', 'approval.invalid', { type: 'edit', fingerprint: 'f' }, {}],
    ['that is a result without a value', 'approval.invalid', { type: 'result', fingerprint: 'f' }, {}],
    ['that resumes without a value', 'approval.invalid', { type: 'resume', fingerprint: 'f' }, {}],
    ['that is undefined', 'approval.invalid', undefined, {}],
    ['that is not JSON', 'approval.invalid', { type: 'result', fingerprint: 'f', value: 1n }, {}],
  ] as readonly (readonly [string, string, unknown, Partial<AnswerTarget>])[])(
    'refuses an answer %s: %s',
    (_, code, answer, changes) => {
      // As from a caller without types.
      expect(() => checkAnswer(answer as Answer, createTarget(changes))).toThrow(expect.objectContaining({ code }));
    },
  );

  test.each([
    ['an answered call', 'approval.used', { wait: { ...answered, isDelivered: true }, endStatus: 'completed' }],
    ['a run that has ended', 'approval.ended', { wait: { ...open, isDelivered: true }, endStatus: 'completed' }],
  ])('names the first problem that applies: %s, %s', (_, code, changes) => {
    expect(() => checkAnswer(approve, createTarget(changes))).toThrow(expect.objectContaining({ code }));
  });

  test('lists the answers that the call accepts, if it refuses one', () => {
    const wait: Wait = { ...open, accepts: ['result', 'deny'] };
    expect(() => checkAnswer(approve, createTarget({ wait }))).toThrow(
      'Pass { type: "result", fingerprint, value }, or { type: "deny", fingerprint, reason }.',
    );
    expect(() => checkAnswer(approve, createTarget({ wait: { ...open, accepts: ['edit'] } }))).toThrow(
      'Pass { type: "edit", fingerprint, arguments }.',
    );
    const onlyApproval: Wait = { ...open, accepts: ['approve'] };
    expect(() => checkAnswer({ type: 'deny', fingerprint: 'f' }, createTarget({ wait: onlyApproval }))).toThrow(
      'Pass { type: "approve", fingerprint }.',
    );
  });
});

test.each([
  ['it has no answer', open, true],
  ['it has an answer', { ...open, answer: approve }, false],
  ['its expiry was delivered', { ...open, isDelivered: true }, false],
])('isOpen, if %s: %o', (_, wait, expected) => {
  expect(isOpen(wait)).toBe(expected);
});

test('accepts only a user message as a message to a run', () => {
  expect(() => checkMessage({ role: 'user', content: 'Stop.' }, 'run')).not.toThrow();
  for (const message of [undefined, { role: 'assistant', content: 'Stop.' }]) {
    // As from a caller without types.
    expect(() => checkMessage(message as never, 'run')).toThrow('is not a user message');
  }
});

test.each([
  [createRunExistsError, 'run.exists'],
  [createUnknownRunError, 'run.unknown'],
  [createNotWaitingError, 'run.not_waiting'],
])('creates an error with the run’s id and a code: %#', (createError, code) => {
  expect(createError('r7')).toMatchObject({ code, message: expect.stringContaining('"r7"') });
});
