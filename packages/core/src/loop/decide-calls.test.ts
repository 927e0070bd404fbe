import { expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { Action } from './action.ts';
import { decide } from './decide.ts';

const { approved, asked, call, failed, finished, policy, replied, requested, skipped, stateAfter } = facts;

const [a, b, c] = [call('a'), call('b', { name: 'pay' }), call('c', { name: 'pay' })];
const all = replied(asked(a, b, c));
const paying = { mayWait: (tool: string): boolean => tool === 'pay' };
const waived: JournalEvent = { type: 'approval.not_required', turn: 1, index: 1, at: 0, activeMs: 0 };
const denied: readonly JournalEvent[] = [
  { type: 'approval.answered', turn: 1, index: 1, answer: { type: 'deny', fingerprint: 'f1' }, at: 0, activeMs: 0 },
  skipped(b, { index: 1 }),
];
const asking: readonly JournalEvent[] = [all, requested(b, 1), requested(c, 2)];
const parked: JournalEvent = {
  type: 'run.suspended',
  turn: 1,
  pending: ['approval:1.1', 'approval:1.2'],
  at: 0,
  activeMs: 0,
};

const rows: readonly (readonly [string, readonly JournalEvent[], readonly [Action['type'], string]])[] = [
  ['calls that may need a person are looked at first', [all], ['check-calls', '1 2']],
  [
    'those that need none then run together, before anybody is waited for',
    [all, waived, requested(c, 2)],
    ['run-calls', '0 1'],
  ],
  ['then those that do are waited for', [...asking, finished(a)], ['await-answers', '1 2']],
  ['also where the others failed', [...asking, failed(a)], ['await-answers', '1 2']],
  ['an answer to one leaves the other to wait for', [...asking, finished(a), approved(1)], ['await-answers', '2']],
  [
    'what was approved runs together, when all is said',
    [...asking, finished(a), approved(1), approved(2)],
    ['run-calls', '1 2'],
  ],
  ['what was denied does not run', [...asking, finished(a), ...denied, approved(2)], ['run-calls', '2']],
];

test.each(rows)('%s', (_, known, [type, indexes]) => {
  const action = decide(stateAfter(...known), policy(paying));
  const calls = 'calls' in action ? action.calls.map(({ index }) => index).join(' ') : '';
  expect([action.type, calls]).toEqual([type, indexes]);
});

test('where nothing needs a person all calls run at once', () => {
  const state = stateAfter({ type: 'turn.prepared', turn: 1, model: 'm', tools: ['look_up'], at: 0, activeMs: 0 }, all);
  expect(decide(state, policy())).toEqual({ type: 'run-calls', turn: 1, calls: state.calls, tools: ['look_up'] });
});

test('a run is suspended when nothing is left but to wait, with all that it waits for', () => {
  const first = requested(b, 1);
  const second = requested(c, 2);
  expect(decide(stateAfter(...asking, finished(a), parked), policy(paying))).toEqual({
    type: 'finish',
    conclusion: { status: 'suspended', pending: [first.pending, second.pending] },
  });
});

test('what was approved waits with what was not answered yet', () => {
  expect(decide(stateAfter(...asking, finished(a), approved(1), parked), policy(paying))).toEqual({
    type: 'finish',
    conclusion: { status: 'suspended', pending: [requested(c, 2).pending] },
  });
});

test('a call that was approved with other arguments runs with those', () => {
  const edited: JournalEvent = {
    type: 'approval.answered',
    turn: 1,
    index: 0,
    answer: { type: 'edit', fingerprint: 'f0', arguments: { amount: 5 } },
    at: 0,
    activeMs: 0,
  };
  const state = stateAfter(replied(asked(b)), requested(b), edited);
  expect(decide(state, policy(paying))).toEqual({
    type: 'run-calls',
    turn: 1,
    tools: undefined,
    calls: [
      {
        index: 0,
        call: call('b', { name: 'pay', text: '{"amount":5}' }),
        status: 'approved',
        isEdited: true,
        written: b,
        mayWait: false,
        doubts: 0,
        repeats: 0,
        pending: requested(b).pending,
      },
    ],
  });
});

test('calls run with the arguments that the model wrote, also where they are no JSON', () => {
  const state = stateAfter(replied(asked(a), { rawArguments: { 0: '{"city": Os' } }));
  expect(state.calls.map((each) => each.call)).toEqual([call('a', { text: '{"city": Os' })]);
  expect(state.history.messages.at(-1)).toEqual(asked(a));
});

test('a batch that would pass the cap on calls does not start', () => {
  const state = stateAfter(replied(asked(a)), finished(a), replied(asked(call('x'), call('y')), { turn: 2 }));
  expect(decide(state, policy({ limits: { toolCalls: 2 } }))).toEqual({
    type: 'refuse-calls',
    turn: 2,
    calls: state.calls,
    limit: 'toolCalls',
    content: 'Not run: 2 calls would pass the limit of 2 tool calls, of which 1 are used.',
  });
  expect(decide(state, policy({ limits: { toolCalls: 3 } })).type).toBe('run-calls');
});

test('calls that were denied or refused do not count against the cap', () => {
  const state = stateAfter(replied(asked(a)), skipped(a), replied(asked(b), { turn: 2 }));
  expect([state.toolCalls, decide(state, policy({ limits: { toolCalls: 1 } })).type]).toEqual([0, 'run-calls']);
});

test('no call starts once the time is over', () => {
  const state = stateAfter(facts.at(100, replied(asked(a))));
  expect(decide(state, policy({ limits: { durationMs: 100 } }))).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', limit: 'durationMs', max: 100, spent: 100 },
  });
});

test.each([
  ['their text is the output', {}, { output: 'So far.', text: 'So far.' }],
  ['half of a structure is none', { hasOutput: true }, {}],
])('calls that come although tools are switched off do not run; %s', (_, fields, given) => {
  const state = stateAfter(facts.limitReached(), replied({ ...asked(a), content: 'So far.' }));
  expect(decide(state, policy(fields))).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', limit: 'turns', max: 2, spent: 1, ...given },
  });
});

test('calls without a text that come although tools are switched off leave no output', () => {
  const state = stateAfter(facts.limitReached(), replied(asked(a)));
  expect(decide(state, policy())).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', limit: 'turns', max: 2, spent: 1 },
  });
});

test.each([
  ['has changed', 'new', 'check-calls'],
  ['is the same', 'old', 'run-calls'],
  ['is gone with its tool', undefined, 'run-calls'],
] as const)('an approved call is asked about again if the definition of its tool %s', (_, now, type) => {
  const asking = requested(b);
  const state = stateAfter(
    replied(asked(b)),
    { ...asking, pending: { ...asking.pending, definitionHash: 'old' } },
    approved(),
  );
  expect(decide(state, policy({ ...paying, definitionOf: () => now })).type).toBe(type);
});
