import { describe, expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { decide } from './decide.ts';

const { replied, said, asked, call, stateAfter, policy, limitReached, askedAgain } = facts;
const structured = { hasOutput: true };
const a = call('a');

interface Row {
  readonly name: string;
  readonly facts: readonly JournalEvent[];
  readonly policy?: facts.PolicyFields;
  readonly conclusion: unknown;
}

const last = { limit: 'turns', max: 2, spent: 1 };
const checked = (result: Extract<JournalEvent, { type: 'output.checked' }>['result']): JournalEvent => {
  return { type: 'output.checked', turn: 1, result, at: 0, activeMs: 0 };
};

const rows: readonly Row[] = [
  {
    name: 'text completes a run',
    facts: [replied(said('Sunny.'))],
    conclusion: { status: 'completed', output: 'Sunny.', text: 'Sunny.' },
  },
  {
    name: 'text after the announced last turn is what a limited run could still give',
    facts: [limitReached(), replied(said('Sunny.'))],
    conclusion: { status: 'limited', ...last, output: 'Sunny.', text: 'Sunny.' },
  },
  {
    name: 'nothing after the announced last turn leaves a limited run without output',
    facts: [limitReached(), replied(said(''))],
    conclusion: { status: 'limited', ...last },
  },
  {
    name: 'a refusal ends a run in the model’s words',
    facts: [replied({ ...asked(a), refusal: 'No.' })],
    conclusion: { status: 'refused', refusal: 'No.' },
  },
  {
    name: 'the filter ends a run, and what there was is kept',
    facts: [replied(said('Sun'), { finishReason: 'content_filter' })],
    conclusion: { status: 'filtered', text: 'Sun' },
  },
  {
    name: 'text that the server cut is kept',
    facts: [replied(said('Sun'), { finishReason: 'length' })],
    conclusion: { status: 'truncated', text: 'Sun' },
  },
  {
    name: 'calls that were cut twice end a run',
    facts: [
      replied(asked(a), { finishReason: 'length' }),
      askedAgain('cut'),
      replied(asked(a), { turn: 2, finishReason: 'length' }),
    ],
    conclusion: { status: 'truncated', text: '' },
  },
  {
    name: 'calls that were cut in the last turn are not asked for again',
    facts: [limitReached(), replied(asked(a), { finishReason: 'length' })],
    conclusion: { status: 'truncated', text: '' },
  },
  {
    name: 'text that was cut since a limit left no room makes the run limited',
    facts: [replied(said('Sun'), { finishReason: 'length', clampedByLimit: 'tokens', usage: facts.used(90) })],
    policy: { limits: { tokens: 100 } },
    conclusion: { status: 'limited', limit: 'tokens', max: 100, spent: 90, text: 'Sun', output: 'Sun' },
  },
  {
    name: 'a cost that left no room is told in dollars, and half of a structure is no output',
    facts: [replied(said('{"a'), { finishReason: 'length', clampedByLimit: 'cost', usage: facts.used(90, 0.25) })],
    policy: { ...structured, limits: { cost: 0.5 } },
    conclusion: { status: 'limited', limit: 'cost', max: 0.5, spent: 0.25, text: '{"a' },
  },
  {
    name: 'calls that were cut since a limit left no room are not asked for again',
    facts: [replied(asked(a), { finishReason: 'length', clampedByLimit: 'tokens' })],
    policy: { limits: { tokens: 100 } },
    conclusion: { status: 'limited', limit: 'tokens', max: 100, spent: 0, text: '' },
  },
  {
    name: 'output that fits completes a run',
    facts: [replied(said('{"a":1}')), checked({ ok: true, value: { a: 1 } })],
    policy: structured,
    conclusion: { status: 'completed', output: { a: 1 }, text: '{"a":1}' },
  },
  {
    name: 'output that fits may be null',
    facts: [replied(said('null')), checked({ ok: true, value: null })],
    policy: structured,
    conclusion: { status: 'completed', output: null, text: 'null' },
  },
  {
    name: 'output that does not fit in the last turn leaves its text',
    facts: [limitReached(), replied(said('{}')), checked({ ok: false, issues: 'a: expected number' })],
    policy: structured,
    conclusion: { status: 'limited', ...last, text: '{}' },
  },
  {
    name: 'a request that failed ends a run',
    facts: [
      {
        type: 'model.failed',
        turn: 1,
        error: { name: 'HttpError', message: '401' },
        usage: facts.used(1),
        failedAttempts: [],
        at: 0,
        activeMs: 0,
      },
    ],
    conclusion: { status: 'failed', error: { name: 'HttpError', message: '401' }, attempts: [] },
  },
  {
    name: 'a request that the budget refused ends a run',
    facts: [facts.limitRefused()],
    conclusion: { status: 'limited', limit: 'tokens', max: 10, spent: 9 },
  },
  {
    name: 'an abort ends a run, whatever is open',
    facts: [replied(asked(a)), { type: 'run.aborted', reason: 'enough', at: 0, activeMs: 0 }],
    conclusion: { status: 'aborted', reason: 'enough' },
  },
  {
    name: 'a tool that ends the run does so after its siblings',
    facts: [
      replied(asked(a, call('b'))),
      facts.failed(a, { reason: 'aborted', content: 'Enough.' }),
      facts.finished(call('b'), { index: 1 }),
    ],
    conclusion: { status: 'aborted', reason: 'Enough.' },
  },
];

test.each(rows)('$name', ({ facts: known, policy: fields, conclusion }) => {
  expect(decide(stateAfter(...known), policy(fields))).toEqual({ type: 'finish', conclusion });
});

test('nothing known: the model is asked', () => {
  const state = stateAfter();
  expect(decide(state, policy())).toEqual({ type: 'call-model', turn: 1, history: state.history, final: false });
});

test.each([
  ['empty', replied(said(' ')), 'Your last reply was empty. Answer with text, or call a tool.'],
  [
    'cut',
    replied(asked(a), { finishReason: 'length' }),
    'Your last reply was cut off by the token limit, so none of its tool calls was run. Try again with shorter arguments, or with fewer calls.',
  ],
] as const)('a reply that is %s is asked for once more', (reason, reply, content) => {
  const message = { role: 'user', content };
  expect(decide(stateAfter(reply), policy())).toEqual({
    type: 'tell',
    step: 'reprompt:1',
    fact: { type: 'model.reprompted', turn: 1, reason, message },
  });
  const state = stateAfter(reply, askedAgain(reason));
  expect(decide(state, policy())).toEqual({ type: 'call-model', turn: 2, history: state.history, final: false });
});

test('two empty replies in a row fail a run; with a useful one between them they do not', () => {
  const twice = [replied(said('')), askedAgain('empty'), replied(said(''), { turn: 2 })];
  const code = 'response.empty';
  expect(decide(stateAfter(...twice), policy())).toMatchObject({
    type: 'finish',
    conclusion: { status: 'failed', error: { name: 'EmptyResponseError', code }, attempts: [] },
  });
  const between = [replied(asked(a), { turn: 2 }), facts.finished(a, { turn: 2 }), replied(said(''), { turn: 3 })];
  expect(decide(stateAfter(...twice.slice(0, 2), ...between), policy())).toMatchObject({
    type: 'tell',
    fact: { reason: 'empty' },
  });
});

describe('a response that an output guard does not accept', () => {
  const rejection = { guard: 'kind', reason: 'be kind', maxRetries: 1 };
  const rejected = (turn = 1, of = rejection) => replied(said('You fool.'), { turn, rejection: of });
  const again = (turn: number, guard = 'kind'): JournalEvent => {
    const message = { role: 'user', content: 'Again.' } as const;
    return { type: 'model.reprompted', turn, reason: 'guard', guard, message, at: 0, activeMs: 0 };
  };

  test('is asked for again, with the reason', () => {
    const content = "Your last answer can't be given: be kind\nAnswer again, without that.";
    const fact = {
      type: 'model.reprompted',
      turn: 1,
      reason: 'guard',
      guard: 'kind',
      message: { role: 'user', content },
    };
    expect(decide(stateAfter(rejected()), policy(structured))).toEqual({ type: 'tell', step: 'reprompt:1', fact });
  });

  test.each<readonly [string, readonly JournalEvent[], unknown]>([
    [
      'refuses the run once its guard has no retry left',
      [rejected(), again(1), rejected(2)],
      { status: 'refused', refusal: 'be kind', guard: 'kind' },
    ],
    [
      'refuses the run at once, of a guard without retries',
      [rejected(1, { ...rejection, maxRetries: 0 })],
      { status: 'refused', refusal: 'be kind', guard: 'kind' },
    ],
    ['ends the announced last turn without output', [limitReached(), rejected()], { status: 'limited', ...last }],
  ])('%s', (_, known, conclusion) => {
    expect(decide(stateAfter(...known), policy())).toEqual({ type: 'finish', conclusion });
  });

  test.each<readonly [string, readonly JournalEvent[]]>([
    [
      'another guard has used its retry',
      [rejected(1, { ...rejection, guard: 'other' }), again(1, 'other'), rejected(2)],
    ],
    [
      'an answer was accepted between',
      [rejected(), again(1), replied(asked(a), { turn: 2 }), facts.finished(a, { turn: 2 }), rejected(3)],
    ],
  ])('is asked for again where %s', (_, known) => {
    expect(decide(stateAfter(...known), policy())).toMatchObject({ type: 'tell', fact: { reason: 'guard' } });
  });
});

test('output is checked before anything comes of it', () => {
  expect(decide(stateAfter(replied(said('{}'))), policy(structured))).toEqual({
    type: 'check-output',
    turn: 1,
    text: '{}',
  });
});

test('output that does not fit is corrected as often as the agent allows, then the run fails with its last text', () => {
  const wrong = checked({ ok: false, issues: 'a: expected number, got nothing' });
  const known = [replied(said('{}')), wrong];
  const allowed = policy({ ...structured, maxOutputRetries: 1 });
  expect(decide(stateAfter(...known), allowed)).toEqual({
    type: 'tell',
    step: 'reprompt:1',
    fact: {
      type: 'model.reprompted',
      turn: 1,
      reason: 'output',
      message: {
        role: 'user',
        content:
          'Your answer does not have the form that is needed:\na: expected number, got nothing\nAnswer again, with the whole of it corrected, as JSON and nothing else.',
      },
    },
  });
  const again = [...known, askedAgain('output'), replied(said('[]'), { turn: 2 }), wrong];
  expect(decide(stateAfter(...again), allowed)).toMatchObject({
    type: 'finish',
    conclusion: {
      status: 'failed',
      error: {
        name: 'InvalidOutputError',
        code: 'output.invalid',
        details: { text: '[]', issues: 'a: expected number, got nothing' },
      },
    },
  });
});
