import { expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import type { UserPart } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';

const { approved, asked, at, call, failed, finished, go, replied, requested, said, skipped, stateAfter, used } = facts;

const [a, b] = [call('a'), call('b')];
const image: UserPart = { type: 'image_url', image_url: { url: 'https://a.test/1.png' } };
const result = (id: string, content = 'Found.') => ({ role: 'tool', tool_call_id: id, content });
const wrote: JournalEvent = {
  type: 'user.interrupted',
  turn: 1,
  message: { role: 'user', content: 'Stop.' },
  at: 0,
  activeMs: 0,
};

test.each([
  ['text', [replied(said('Hi.'))], [said('Hi.')]],
  ['calls', [replied(asked(a, b))], [asked(a, b)]],
  [
    'a refusal, without the calls beside it',
    [replied({ ...asked(a), refusal: 'No.' })],
    [{ role: 'assistant', content: null, refusal: 'No.' }],
  ],
  ['nothing of an empty reply', [replied(said(''))], []],
  ['nothing of a reply that was cut', [replied(asked(a), { finishReason: 'length' })], []],
  ['nothing of a text that was cut', [replied(said('Hi'), { finishReason: 'length' })], []],
  ['nothing of what the filter stopped', [replied(said('Hi'), { finishReason: 'content_filter' })], []],
  [
    'what the model was asked again',
    [replied(said('')), facts.askedAgain('empty')],
    [{ role: 'user', content: 'Again: empty.' }],
  ],
  ['no result before the last of its turn', [replied(asked(a, b)), finished(b, { index: 1 })], [asked(a, b)]],
  [
    'the results in the order of the calls, whatever finished first',
    [replied(asked(a, b)), finished(b, { index: 1, content: '2' }), failed(a, { content: '1' })],
    [asked(a, b), result('a', '1'), result('b', '2')],
  ],
  [
    'images and files after the last result',
    [replied(asked(a, b)), finished(a, { parts: [image] }), skipped(b, { index: 1 })],
    [
      asked(a, b),
      result('a'),
      result('b', 'Denied.'),
      { role: 'user', content: [{ type: 'text', text: 'From look_up (a):' }, image] },
    ],
  ],
  [
    'what the user wrote, after the results',
    [replied(asked(a, b)), wrote, skipped(a), wrote, skipped(b, { index: 1 })],
    [asked(a, b), result('a', 'Denied.'), result('b', 'Denied.'), { role: 'user', content: 'Stop.' }],
  ],
] as readonly (readonly [string, readonly JournalEvent[], readonly unknown[]])[])(
  'the history gets %s',
  (_, known, messages) => {
    expect(stateAfter(...known).history.messages).toEqual([go, ...messages]);
  },
);

test('usage adds up over replies, failures and refusals', () => {
  const state = stateAfter(
    replied(asked(a), { usage: used(10, 0.25) }),
    finished(a),
    facts.limitRefused({ usage: used(5, 0.5) }),
  );
  expect(state.usage).toEqual({ ...used(15, 0.75), requests: 2 });
  expect(state.lastUsage).toEqual(used(5, 0.5));
});

test('time at work never goes back, in whatever order facts of side by side come', () => {
  const known = [replied(asked(a, b)), at(50, finished(a)), at(40, finished(b, { index: 1 }))];
  expect(stateAfter(...known).activeMs).toBe(50);
});

test('calls count that ran or failed, not those that were skipped', () => {
  const known = [
    replied(asked(a, b, call('c'))),
    finished(a),
    failed(b, { index: 1 }),
    skipped(call('c'), { index: 2 }),
  ];
  expect(stateAfter(...known).toolCalls).toBe(2);
});

test('a call goes from open to closed by way of a person', () => {
  const states = [replied(asked(a)), requested(a), approved(), finished(a)].map((_, count, known) => {
    return stateAfter(...known.slice(0, count + 1)).calls.map(({ status }) => status);
  });
  expect(states).toEqual([['open'], ['pending'], ['approved'], []]);
});

test('a new reply starts from nothing: no calls, no output, not parked', () => {
  const parked: JournalEvent = { type: 'run.suspended', turn: 1, pending: ['approval:1.0'], at: 0, activeMs: 0 };
  const before = stateAfter(replied(asked(a)), requested(a), parked, approved(), finished(a));
  const after = stateAfter(
    replied(asked(a)),
    requested(a),
    parked,
    approved(),
    finished(a),
    replied(said('Done.'), { turn: 2 }),
  );
  expect([before.isParked, after.isParked, after.turn, after.calls, after.output]).toEqual([
    true,
    false,
    2,
    [],
    undefined,
  ]);
  expect(after.word).toEqual({ verdict: 'text', text: 'Done.', refusal: '', clampedByLimit: undefined });
});

test('a state is never changed by what comes after it', () => {
  const known = [
    replied(asked(a, b)),
    failed(a),
    finished(b, { index: 1 }),
    replied(asked(a), { turn: 2 }),
    failed(a, { turn: 2 }),
  ];
  const states = known.map((_, count) => stateAfter(...known.slice(0, count + 1)));
  const before = states.map((state) => structuredClone({ ...state, history: state.history.messages }));
  stateAfter(...known, replied(said('Done.'), { turn: 3 }));
  expect(states.map((state) => ({ ...state, history: state.history.messages }))).toEqual(before);
});

test('facts that only tell of time change nothing else', () => {
  const started: JournalEvent = { type: 'run.started', agent: 'agent', messages: [go], at: 0, activeMs: 0 };
  const waived: JournalEvent = { type: 'approval.expired', turn: 1, index: 0, at: 0, activeMs: 0 };
  const known = [replied(asked(a)), requested(a)];
  expect({ ...stateAfter(started, ...known, waived), history: [] }).toEqual({ ...stateAfter(...known), history: [] });
});
