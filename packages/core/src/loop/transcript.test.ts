import { expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import { CANCELLED } from '../chat/history.ts';
import type { UserPart } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { outcomeOf } from './transcript.ts';

const { approved, asked, at, call, finished, go, replied, requested, said, skipped, stateAfter, used } = facts;

const [a, b] = [call('a'), call('b')];
const image: UserPart = { type: 'image_url', image_url: { url: 'https://a.test/1.png' } };
const PENDING = 'Pending: this call waits for approval and has not run.';
const result = (id: string, content = 'Found.') => ({ role: 'tool', tool_call_id: id, content });
const wrote: JournalEvent = {
  type: 'user.interrupted',
  turn: 1,
  message: { role: 'user', content: 'Stop.' },
  at: 0,
  activeMs: 0,
};

test('an outcome has its conclusion, and what every outcome has', () => {
  const state = stateAfter(
    replied(asked(a), { usage: used(10) }),
    at(50, finished(a)),
    replied(said('Done.'), { turn: 2 }),
  );
  const conclusion = { status: 'completed', output: 'Done.', text: 'Done.' } as const;
  expect(outcomeOf(state, { conclusion, runId: 'run', agent: 'agent' })).toEqual({
    ...conclusion,
    runId: 'run',
    agent: 'agent',
    messages: [go, asked(a), result('a'), said('Done.')],
    usage: used(10),
    turnCount: 2,
    toolCallCount: 1,
    durationMs: 50,
  });
});

test.each([
  ['nothing is open', [replied(said('Hi.'))], [said('Hi.')]],
  ['no call has run', [replied(asked(a, b))], [asked(a, b), result('a', CANCELLED), result('b', CANCELLED)]],
  [
    'a call has run',
    [replied(asked(a, b)), finished(b, { index: 1 })],
    [asked(a, b), result('a', CANCELLED), result('b')],
  ],
  [
    'a call waits for a person',
    [replied(asked(a, b)), finished(a), requested(b, 1)],
    [asked(a, b), result('a'), result('b', PENDING)],
  ],
  [
    'a call was approved and has not run',
    [replied(asked(a)), requested(a), approved()],
    [asked(a), result('a', CANCELLED)],
  ],
  [
    'a call gave an image',
    [replied(asked(a, b)), finished(a, { parts: [image] })],
    [
      asked(a, b),
      result('a'),
      result('b', CANCELLED),
      { role: 'user', content: [{ type: 'text', text: 'From look_up (a):' }, image] },
    ],
  ],
  [
    'the user wrote',
    [
      replied(asked(a, b)),
      requested(a),
      requested(b, 1),
      approved(),
      wrote,
      skipped(b, { index: 1, content: CANCELLED }),
    ],
    [asked(a, b), result('a', CANCELLED), result('b', CANCELLED), { role: 'user', content: 'Stop.' }],
  ],
] as readonly (readonly [string, readonly JournalEvent[], readonly unknown[]])[])(
  'a run may end anywhere, and its messages can be sent: %s',
  (_, known, messages) => {
    const state = stateAfter(...known);
    const outcome = outcomeOf(state, {
      conclusion: { status: 'aborted', reason: 'enough' },
      runId: 'run',
      agent: 'agent',
    });
    expect(outcome.messages).toEqual([go, ...messages]);
  },
);

test('an outcome leaves the history as it was: a call that is open there may still be answered', () => {
  const state = stateAfter(replied(asked(a)), requested(a));
  outcomeOf(state, { conclusion: { status: 'suspended', pending: [] }, runId: 'run', agent: 'agent' });
  expect(state.history.messages).toEqual([go, asked(a)]);
  expect(state.history.append({ role: 'tool', tool_call_id: 'a', content: 'Found.' }).messages).toHaveLength(3);
});
