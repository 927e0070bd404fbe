import type { Outcome, RunEvent } from '@pawl/core';
import { expect, test } from 'vitest';
import { ChatEncoder, type ChatFrame } from './chat-encoder.ts';

const stamp = { runId: 'r', path: '', agent: 'a', seq: 1, at: 0 } as const;
const usage = {
  requests: 1,
  inputTokens: 3,
  cachedInputTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
  totalTokens: 5,
  cost: 0,
  estimated: false,
};

function delta(text: string, { turn = 1, attempt = 1 } = {}): RunEvent {
  return { ...stamp, type: 'text.delta', turn, attempt, delta: text };
}

function discard(attempt: number, turn = 1): RunEvent {
  return { ...stamp, type: 'attempt.discarded', turn, attempt };
}

function responded(content: string, turn = 1): RunEvent {
  const message = { role: 'assistant', content } as const;
  const response = {
    model: 'm',
    message,
    finishReason: 'stop',
    usage,
    failedAttempts: [],
    durationMs: 1,
    activeMs: 1,
  } as const;
  return { ...stamp, type: 'model.responded', turn, ...response };
}

function finished(outcome: Partial<Outcome<unknown>>): RunEvent {
  const base = { runId: 'r', agent: 'a', messages: [], usage, turnCount: 1, toolCallCount: 0, durationMs: 1 };
  return { ...stamp, type: 'run.finished', outcome: { ...base, ...outcome } as Outcome<unknown>, activeMs: 1 };
}

function completed(text: string): RunEvent {
  return finished({ status: 'completed', text, output: text });
}

interface Encoded {
  readonly text: string;
  readonly reasoning: string;
  readonly reasons: readonly string[];
  readonly frames: readonly ChatFrame[];
}

function encode(
  events: readonly RunEvent[],
  { text = 'live', afterTurn = 0 }: { text?: 'live' | 'whole'; afterTurn?: number } = {},
): Encoded {
  const encoder = new ChatEncoder({
    id: 'r',
    model: 'a',
    created: 1,
    text,
    reasoning: false,
    includeUsage: false,
    includeEvents: false,
    callerTools: new Set(),
    afterTurn,
  });
  const frames = events.flatMap((event) => encoder.encode(event));
  const choices = frames.flatMap((frame) => ('choices' in frame ? frame.choices : []));
  return {
    text: choices.map(({ delta: each }) => each.content ?? '').join(''),
    reasoning: choices.map(({ delta: each }) => each.reasoning_content ?? '').join(''),
    reasons: choices.flatMap(({ finish_reason: reason }) => reason ?? []),
    frames,
  };
}

test('a live and a replayed run give the same text', () => {
  const live = [
    delta('Hel'),
    delta('lo.'),
    responded('Hello.'),
    delta('Bye.', { turn: 2 }),
    responded('Bye.', 2),
    completed('Bye.'),
  ];
  const replayed = [responded('Hello.'), responded('Bye.', 2), completed('Bye.')];
  expect(encode(live).text).toBe('Hello.\n\nBye.');
  expect(encode(replayed).text).toBe('Hello.\n\nBye.');
});

test('an attempt that writes the same text again leaves no trace', () => {
  const events = [
    delta('Hello '),
    discard(1),
    delta('Hel', { attempt: 2 }),
    delta('lo you.', { attempt: 2 }),
    responded('Hello you.'),
    completed('Hello you.'),
  ];
  expect(encode(events).text).toBe('Hello you.');
});

test('an attempt that writes another text says that the answer begins again', () => {
  const events = [
    delta('Hello '),
    discard(1),
    delta('Good ', { attempt: 2 }),
    delta('day.', { attempt: 2 }),
    responded('Good day.'),
    completed('Good day.'),
  ];
  expect(encode(events).text).toBe('Hello \n\n[The answer begins again.]\n\nGood day.');
});

test('an attempt that is shorter than the discarded one says so, too', () => {
  const events = [
    delta('Hello you.'),
    discard(1),
    delta('Hello', { attempt: 2 }),
    responded('Hello'),
    completed('Hello'),
  ];
  expect(encode(events).text).toBe('Hello you.\n\n[The answer begins again.]\n\nHello');
});

test('"whole" sends the last text as content and earlier ones as reasoning', () => {
  const events = [
    delta('First.'),
    responded('First.'),
    delta('Last.', { turn: 2 }),
    responded('Last.', 2),
    completed('Last.'),
  ];
  const encoded = encode(events, { text: 'whole' });
  expect(encoded.text).toBe('Last.');
  expect(encoded.reasoning).toBe('First.\n\n');
});

test('text that a guard withdrew does not leave with "whole"', () => {
  const rejection = { guard: 'g', reason: 'Secret.', maxRetries: 1 };
  const withdrawn = { ...responded('The password is plum.'), rejection } as RunEvent;
  const { frames } = encode([delta('The password'), withdrawn, responded('No.', 2), completed('No.')], {
    text: 'whole',
  });
  expect(JSON.stringify(frames)).not.toContain('password');
});

test('turns that the client has are left out', () => {
  expect(encode([responded('Old.'), responded('New.', 2), completed('New.')], { afterTurn: 1 }).text).toBe('New.');
});

test('events of runs inside the run do not leave', () => {
  const inner = [delta('inner'), responded('inner')].map((event) => ({ ...event, path: 'tool:1.0' }));
  expect(encode([...inner, responded('Outer.'), completed('Outer.')]).text).toBe('Outer.');
});

test.each([
  [{ status: 'completed', text: 'x', output: 'x' }, 'stop'],
  [{ status: 'limited', limit: 'turns', max: 1, spent: 1, spentBy: [], output: 'x', text: 'x' }, 'length'],
  [{ status: 'truncated', text: 'x' }, 'length'],
  [{ status: 'filtered', text: 'x' }, 'content_filter'],
  [{ status: 'refused', refusal: 'No.' }, 'stop'],
] as const)('%j ends with the reason %j', (outcome, reason) => {
  expect(encode([finished(outcome)]).reasons).toEqual([reason]);
});

test.each([
  [{ status: 'limited', limit: 'turns', max: 1, spent: 1, spentBy: [] }, 'run.limited'],
  [{ status: 'aborted', reason: 'stopped' }, 'run.aborted'],
  [{ status: 'failed', error: { name: 'Error', message: 'Broken.' }, attempts: [] }, 'run.failed'],
] as const)('%j ends with the error %j and no reason', (outcome, code) => {
  const { frames, reasons } = encode([finished(outcome)]);
  expect(frames.at(-1)).toMatchObject({ error: { code, type: 'run_error' } });
  expect(reasons).toEqual([]);
});
