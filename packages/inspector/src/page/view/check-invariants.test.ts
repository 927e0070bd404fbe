import type { RunEvent } from '@pawl/core';
import { expect, test } from 'vitest';
import { checkInvariants } from './check-invariants.ts';

const stamp = { runId: 'r', path: '', agent: 'a', seq: 1, at: 1, activeMs: 1, turn: 1 };
const call = { id: 'c', type: 'function', function: { name: 'pay', arguments: '{}' } } as const;
const about = { ...stamp, index: 0, toolCallId: 'c', toolName: 'pay', call };
const usage = { requests: 1, inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
const responded: RunEvent = {
  ...stamp,
  ...{ type: 'model.responded', model: 'm', finishReason: 'tool_calls', failedAttempts: [], durationMs: 1 },
  usage: { ...usage, totalTokens: 2, cost: 0, estimated: false },
  message: { role: 'assistant', tool_calls: [call] },
};
const failed: RunEvent = {
  ...about,
  ...{ type: 'tool.failed', content: 'Unknown.', durationMs: 1, reason: 'unknown_outcome' },
  error: { name: 'Error', message: 'Unknown.' },
};
const asked: RunEvent = {
  ...about,
  type: 'approval.requested',
  pending: { id: '1.0', reason: 'approval', accepts: ['approve'], call, input: {}, fingerprint: 'f' },
};

function check(events: readonly RunEvent[], isAtRest = true): readonly string[] {
  return checkInvariants(events, { isAtRest }).map(({ state, text }) => `${state}: ${text}`);
}

test('a run without calls keeps all promises', () => {
  expect(check([])).toEqual([
    'ok: Every call has a result',
    'ok: Every outcome is known',
    'ok: No limit lowered the length of an answer',
  ]);
});

test('a call without a result is at work, waits, or is lost', () => {
  expect(check([responded], false)[0]).toBe('open: At work: pay');
  expect(check([responded, asked])[0]).toBe('open: Waiting for an answer: pay');
  expect(check([responded])[0]).toBe('warning: Without a result: pay');
});

test('calls that never run need no result: of a rejected response, and of one that was cut', () => {
  expect(check([{ ...responded, rejection: { guard: 'g', reason: 'No.' } } as RunEvent])[0]).toBe(
    'ok: Every call has a result',
  );
  expect(check([{ ...responded, finishReason: 'length' }])[0]).toBe('ok: Every call has a result');
});

test('an unknown outcome is a warning, as the result and while somebody decides', () => {
  expect(check([responded, failed])[1]).toBe('warning: Unknown outcome: pay');
  const decided = { ...asked, pending: { ...asked.pending, reason: 'unknown_outcome' } } as RunEvent;
  expect(check([responded, decided])[1]).toBe('warning: Unknown outcome: pay');
});

test('a limit that lowered the length of an answer is shown, and a warning if it cut one', () => {
  const lowered = { ...responded, clampedByLimit: 'tokens' } as const;
  expect(check([lowered, failed])[2]).toBe('open: limits.tokens lowered the greatest length of 1 answer, and cut none');
  const cut = { ...lowered, finishReason: 'length' } as const;
  expect(check([lowered, cut])[2]).toBe('warning: limits.tokens lowered the greatest length of 2 answers, and cut 1');
});
