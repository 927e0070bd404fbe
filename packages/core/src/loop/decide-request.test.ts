import { expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { decide } from './decide.ts';

const { asked, call, failed, finished, policy, replied, skipped, stateAfter, used } = facts;
const a = call('a', { text: '{"city":"Oslo"}' });

/** Turns of one call each, as it was answered. */
function turns(...answers: readonly ((turn: number) => JournalEvent)[]): readonly JournalEvent[] {
  return answers.flatMap((answer, index) => [replied(asked(a), { turn: index + 1 }), answer(index + 1)]);
}

const works = (turn: number): JournalEvent => finished(a, { turn });
const breaks = (turn: number): JournalEvent => failed(a, { turn });
const invalid = (turn: number): JournalEvent =>
  failed(a, { turn, reason: 'invalid', content: 'city: expected Bergen' });

interface Limited {
  readonly name: string;
  readonly facts: readonly JournalEvent[];
  readonly limits: facts.PolicyFields['limits'] & object;
  readonly reached: { readonly limit: string; readonly max: number; readonly spent: number };
}

const lastOnes: readonly Limited[] = [
  {
    name: 'turns, all but one used',
    facts: turns(works),
    limits: { turns: 2 },
    reached: { limit: 'turns', max: 2, spent: 1 },
  },
  { name: 'a single turn', facts: [], limits: { turns: 1 }, reached: { limit: 'turns', max: 1, spent: 0 } },
  {
    name: 'tokens that leave room for one request like the last one, not for two',
    facts: [replied(asked(a), { usage: used(40) }), works(1)],
    limits: { tokens: 119 },
    reached: { limit: 'tokens', max: 119, spent: 40 },
  },
  {
    name: 'dollars that leave room for one request like the last one, not for two',
    facts: [replied(asked(a), { usage: used(1, 0.25) }), works(1)],
    limits: { cost: 0.5 },
    reached: { limit: 'cost', max: 0.5, spent: 0.25 },
  },
  {
    name: 'calls, of which a batch was refused',
    facts: [...turns(works), replied(asked(a), { turn: 2 }), skipped(a, { turn: 2, reason: 'limit' })],
    limits: { toolCalls: 1 },
    reached: { limit: 'toolCalls', max: 1, spent: 1 },
  },
];

test.each(lastOnes)(
  'the last request is announced, and goes without tools: $name',
  ({ facts: known, limits, reached }) => {
    const state = stateAfter(...known);
    const action = decide(state, policy({ limits }));
    expect(action).toEqual({
      type: 'tell',
      step: `limit:${state.turn}`,
      fact: {
        type: 'limit.approaching',
        turn: state.turn,
        ...reached,
        message: {
          role: 'user',
          content: 'A limit of this run is reached, so tools are switched off now. Answer with what you have.',
        },
      },
    });
    if (action.type !== 'tell') throw new Error('It was not announced.');
    const told = stateAfter(...known, { ...action.fact, at: 0, activeMs: 0 });
    expect(decide(told, policy({ limits }))).toEqual({
      type: 'call-model',
      turn: state.turn + 1,
      history: told.history,
      final: true,
    });
    expect(told.history.messages.at(-1)).toEqual(action.fact.message);
  },
);

test.each(lastOnes.filter(({ limits }) => limits.toolCalls === undefined))(
  'an agent without tools has nothing to switch off: $name',
  ({ facts: known, limits }) => {
    const state = stateAfter(...known);
    const action = decide(state, policy({ limits, hasTools: false }));
    expect(action).toEqual({ type: 'call-model', turn: state.turn + 1, history: state.history, final: false });
  },
);

test.each<Limited>([
  { name: 'turns', facts: turns(works, works), limits: { turns: 2 }, reached: { limit: 'turns', max: 2, spent: 2 } },
  {
    name: 'tokens',
    facts: [replied(asked(a), { usage: used(100) }), works(1)],
    limits: { tokens: 100 },
    reached: { limit: 'tokens', max: 100, spent: 100 },
  },
  {
    name: 'dollars',
    facts: [replied(asked(a), { usage: used(1, 0.5) }), works(1)],
    limits: { cost: 0.5 },
    reached: { limit: 'cost', max: 0.5, spent: 0.5 },
  },
  {
    name: 'time',
    facts: [replied(asked(a)), facts.at(100, works(1))],
    limits: { durationMs: 100 },
    reached: { limit: 'durationMs', max: 100, spent: 100 },
  },
  {
    name: 'tokens before turns, where both are spent',
    facts: [...turns(works), replied(asked(a), { turn: 2, usage: used(100) }), works(2)],
    limits: { turns: 2, tokens: 100 },
    reached: { limit: 'tokens', max: 100, spent: 100 },
  },
])('what is spent leaves no request: $name', ({ facts: known, limits, reached }) => {
  expect(decide(stateAfter(...known), policy({ limits }))).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', ...reached },
  });
});

test.each([
  ['two requests like the last one just fit', [replied(asked(a), { usage: used(40) }), works(1)], { tokens: 120 }],
  ['time is left', [replied(asked(a)), facts.at(99, works(1))], { durationMs: 100 }],
  ['the calls are used, and none was refused', turns(works), { toolCalls: 1 }],
] as const)('the model is asked as ever while %s', (_, known, limits) => {
  const state = stateAfter(...known);
  expect(decide(state, policy({ limits }))).toEqual({
    type: 'call-model',
    turn: 2,
    history: state.history,
    final: false,
  });
});

test('after the announced last request there is no other', () => {
  const known = [facts.limitReached(), replied(asked(a), { finishReason: 'length' })];
  expect(decide(stateAfter(...known), policy()).type).toBe('finish');
});

test.each([
  ['allowed', turns(invalid, invalid), 'call-model'],
  ['spent', turns(invalid, invalid, invalid), 'finish'],
  ['given back by a call that passes', turns(invalid, invalid, works, invalid, invalid), 'call-model'],
  ['given back by a call that passes and fails', turns(invalid, invalid, breaks, invalid), 'call-model'],
  [
    'not given back by one that was skipped',
    turns(invalid, invalid, (turn) => skipped(a, { turn }), invalid),
    'finish',
  ],
] as const)('corrections of a tool’s arguments are %s', (_, known, type) => {
  expect(decide(stateAfter(...known), policy()).type).toBe(type);
});

test('corrections that are spent fail the run, naming the tool and the last issue', () => {
  const known = turns(invalid, (turn) =>
    failed(a, { turn, reason: 'unknown', content: 'There is no tool "look_up".' }),
  );
  expect(decide(stateAfter(...known), policy({ correctionsOf: () => 1 }))).toMatchObject({
    type: 'finish',
    conclusion: {
      status: 'failed',
      error: {
        name: 'InvalidToolInputError',
        code: 'tool.invalid_input',
        message:
          'The model\'s calls of tool "look_up" failed before they ran, also after 1 correction: There is no tool "look_up".',
        details: { tool: 'look_up', issue: 'There is no tool "look_up".' },
      },
      attempts: [],
    },
  });
});

test('several wrong calls of one turn are one miss, and one that passes beside them makes up for them', () => {
  const wrong = (index: number, turn: number): JournalEvent =>
    failed(call(`c${index}`), { turn, index, reason: 'invalid' });
  const turn = (number: number): readonly JournalEvent[] => [
    replied(asked(call('c0'), call('c1'), call('c2')), { turn: number }),
    wrong(0, number),
    wrong(1, number),
    wrong(2, number),
  ];
  expect(decide(stateAfter(...turn(1), ...turn(2)), policy()).type).toBe('call-model');
  expect(decide(stateAfter(...turn(1), ...turn(2), ...turn(3)), policy()).type).toBe('finish');
  const mixed = [...turn(3).slice(0, 3), finished(call('c2'), { turn: 3, index: 2 })];
  expect(stateAfter(...turn(1), ...turn(2), ...mixed).misses).toEqual(new Map());
});
