import type { RunEvent } from '@pawl/core';
import { expect, test } from 'vitest';
import { foldRows, type WaterfallRow } from './fold-rows.ts';

const HOUR = 3_600_000;
const call = { id: 'c', type: 'function', function: { name: 'pay', arguments: '{}' } } as const;
const usage = { requests: 1, inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
let seq = 0;

/** An event with only the fields that rows are made of. */
function event(type: RunEvent['type'], fields: object): RunEvent {
  seq++;
  return { type, runId: 'r', path: '', agent: 'a', seq, position: seq, turn: 1, ...fields } as RunEvent;
}

const respond = (fields: object) =>
  event('model.responded', {
    ...{ model: 'm', step: 'model:1', message: { role: 'assistant', tool_calls: [call] }, finishReason: 'tool_calls' },
    ...{ usage: { ...usage, totalTokens: 2, cost: 0, estimated: false }, failedAttempts: [], ...fields },
  });
const about = { index: 0, toolCallId: 'c', toolName: 'pay', call };
const ask = (at: number, activeMs: number) =>
  event('approval.requested', { ...about, at, activeMs, pending: { reason: 'approval', call } });
const answer = (at: number, activeMs: number) =>
  event('approval.answered', { ...about, at, activeMs, answer: { type: 'approve' }, by: 'ada' });
const finish = (fields: object) => event('tool.finished', { ...about, content: 'ok', step: 'tool:1.0:pay', ...fields });

const AT_REST = { createdAt: 0, now: 0, isAtRest: true };

function describeRows(rows: readonly WaterfallRow[]): readonly string[] {
  return rows.map(({ kind, label, note, state, from, to }) => `${kind} ${label} ${from}-${to} ${state} ${note}`.trim());
}

test('suspended time is cut out of the axis, with a line where the run was resumed', () => {
  const events = [
    respond({ at: 1_100, activeMs: 100, durationMs: 100 }),
    ask(1_110, 110),
    answer(1_120 + HOUR, 120),
    finish({ at: 1_150 + HOUR, activeMs: 150, durationMs: 30 }),
  ];
  const { rows, axis } = foldRows(events, AT_REST);
  expect(describeRows(rows)).toEqual([
    'attempt m 0-100 done 1 call',
    'wait pay 110-120 done needs an approval, approved by ada',
    'gap Suspended; then a process resumed the run 110-110 done',
    'call pay 120-150 done',
  ]);
  expect(axis.length).toBe(150);
});

test('a gap without a call that waits is a process that stopped', () => {
  const events = [
    respond({ at: 100, activeMs: 100, durationMs: 100 }),
    finish({ at: HOUR, activeMs: 150, durationMs: 50 }),
  ];
  const gap = foldRows(events, AT_REST).rows.find(({ kind }) => kind === 'gap');
  expect(gap).toMatchObject({ label: 'The process stopped; another continued', from: 100 });
});

test('live events show failed attempts, pauses and what is at work', () => {
  const events = [
    event('attempt.started', { at: 100, attempt: 1, model: 'm' }),
    event('attempt.failed', { at: 150, attempt: 1, model: 'm', error: { name: 'E', code: 'http.503' }, retryInMs: 40 }),
    event('attempt.started', { at: 190, attempt: 2, model: 'm' }),
  ];
  expect(describeRows(foldRows(events, { createdAt: 0, now: 250, isAtRest: false }).rows)).toEqual([
    'attempt m 0-50 failed http.503',
    'pause Pause before the next attempt 50-90 done',
    'attempt m 90-150 running attempt 2',
  ]);
});

test('of a run at rest nothing is at work: what did not end has an unknown outcome', () => {
  const events = [event('tool.started', { ...about, at: 100 }), event('tool.started', { ...about, index: 1, at: 120 })];
  const { rows } = foldRows(events, AT_REST);
  expect(rows.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
});

test('the failed attempts of the journal have no times', () => {
  const failedAttempts = [{ attempt: 1, model: 'm', error: { name: 'E', code: 'http.503' } }];
  const { rows } = foldRows([respond({ at: 200, activeMs: 200, durationMs: 150, failedAttempts })], AT_REST);
  expect(describeRows(rows)).toEqual(['attempt m 50-50 failed http.503', 'attempt m 50-200 done attempt 2, 1 call']);
});

test('steps that were recorded before the run was created are replayed', () => {
  const events = [
    respond({ at: 100, activeMs: 100, durationMs: 100 }),
    finish({ at: 300, activeMs: 150, durationMs: 50 }),
  ];
  const { rows } = foldRows(events, { ...AT_REST, createdAt: 250 });
  expect(rows.map(({ kind, isReplayed }) => [kind, isReplayed])).toEqual([
    ['attempt', true],
    ['call', false],
  ]);
});

test('a run inside ends with its call, and its rows are one level deeper', () => {
  const path = 'tool:1.0';
  const events = [
    event('run.started', { path, agent: 'inner', at: 110, activeMs: 0, messages: [] }),
    respond({ path, at: 150, activeMs: 40, durationMs: 40 }),
    finish({ at: 160, activeMs: 160, durationMs: 60 }),
    respond({ turn: 2, at: 300, activeMs: 300, durationMs: 100 }),
  ];
  const { rows } = foldRows(events, AT_REST);
  expect(rows.map(({ kind, depth, endedAt }) => [kind, depth, endedAt])).toEqual([
    ['call', 0, 160],
    ['run', 1, 160],
    ['attempt', 1, 150],
    ['attempt', 0, 300],
  ]);
});

test('a call that waits twice has two waits', () => {
  const events = [ask(100, 100), answer(110, 110), ask(120, 120)];
  expect(foldRows(events, AT_REST).rows.map(({ kind, state }) => [kind, state])).toEqual([
    ['wait', 'done'],
    ['wait', 'waiting'],
  ]);
});

test('requests of middleware, handoffs and limits have rows', () => {
  const spent = { ...usage, totalTokens: 12, cost: 0, estimated: false };
  const events = [
    event('turn.prepared', { at: 100, activeMs: 10, model: 'm', tools: [], middlewareUsage: spent }),
    event('handoff.completed', { at: 110, activeMs: 20, from: 'a', to: 'b' }),
    event('limit.exceeded', { at: 120, activeMs: 30, limit: 'tokens', max: 10, spent: 12, usage: spent }),
  ];
  expect(describeRows(foldRows(events, AT_REST).rows)).toEqual([
    'middleware Requests of middleware 10-10 done 1 request, 12 tokens',
    'handoff a → b 20-20 done',
    'attempt limit of tokens 30-30 skipped 12 of 10',
  ]);
});
