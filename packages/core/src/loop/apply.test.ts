import { expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import type { UserPart } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';

const {
  createApproval,
  createCallMessage,
  withActiveMs,
  createCall,
  createFailed,
  createFinished,
  go,
  createResponse,
  createApprovalRequest,
  createTextMessage,
  createSkipped,
  applyEvents,
  createUsage,
} = events;

const [a, b] = [createCall('a'), createCall('b')];
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
  ['text', [createResponse(createTextMessage('Hi.'))], [createTextMessage('Hi.')]],
  ['calls', [createResponse(createCallMessage(a, b))], [createCallMessage(a, b)]],
  [
    'a refusal, without the calls of its response',
    [createResponse({ ...createCallMessage(a), refusal: 'No.' })],
    [{ role: 'assistant', content: null, refusal: 'No.' }],
  ],
  ['nothing for an empty response', [createResponse(createTextMessage(''))], []],
  ['nothing for truncated calls', [createResponse(createCallMessage(a), { finishReason: 'length' })], []],
  ['nothing for a truncated text', [createResponse(createTextMessage('Hi'), { finishReason: 'length' })], []],
  [
    'nothing for a filtered response',
    [createResponse(createTextMessage('Hi'), { finishReason: 'content_filter' })],
    [],
  ],
  [
    'the message of a reprompt',
    [createResponse(createTextMessage('')), events.createReprompt('empty')],
    [{ role: 'user', content: 'Again: empty.' }],
  ],
  [
    'no results before all calls of the turn have one',
    [createResponse(createCallMessage(a, b)), createFinished(b, { index: 1 })],
    [createCallMessage(a, b)],
  ],
  [
    'the results in the order of the calls, whichever finished first',
    [
      createResponse(createCallMessage(a, b)),
      createFinished(b, { index: 1, content: '2' }),
      createFailed(a, { content: '1' }),
    ],
    [createCallMessage(a, b), result('a', '1'), result('b', '2')],
  ],
  [
    'images and files after the last result',
    [createResponse(createCallMessage(a, b)), createFinished(a, { parts: [image] }), createSkipped(b, { index: 1 })],
    [
      createCallMessage(a, b),
      result('a'),
      result('b', 'Denied.'),
      {
        role: 'user',
        content: [{ type: 'text', text: 'From look_up (a):' }, image],
        pawl_parts_of: [{ tool_call_id: 'a', parts: 1 }],
      },
    ],
  ],
  [
    'the message of the user, after the results',
    [createResponse(createCallMessage(a, b)), wrote, createSkipped(a), wrote, createSkipped(b, { index: 1 })],
    [createCallMessage(a, b), result('a', 'Denied.'), result('b', 'Denied.'), { role: 'user', content: 'Stop.' }],
  ],
] as readonly (readonly [string, readonly JournalEvent[], readonly unknown[]])[])(
  'adds to the history: %s',
  (_, known, messages) => {
    expect(applyEvents(...known).history.messages).toEqual([go, ...messages]);
  },
);

test('adds up usage over responses, failures and refusals', () => {
  const state = applyEvents(
    createResponse(createCallMessage(a), { usage: createUsage(10, 0.25) }),
    createFinished(a),
    events.createLimitExceeded({ usage: createUsage(5, 0.5) }),
  );
  expect(state.usage).toEqual({ ...createUsage(15, 0.75), requests: 2 });
  expect(state.lastUsage).toEqual(createUsage(5, 0.5));
});

test('never decreases the active time, in any order of parallel events', () => {
  const known = [
    createResponse(createCallMessage(a, b)),
    withActiveMs(50, createFinished(a)),
    withActiveMs(40, createFinished(b, { index: 1 })),
  ];
  expect(applyEvents(...known).activeMs).toBe(50);
});

test('counts calls that ran or failed, not skipped ones', () => {
  const known = [
    createResponse(createCallMessage(a, b, createCall('c'))),
    createFinished(a),
    createFailed(b, { index: 1 }),
    createSkipped(createCall('c'), { index: 2 }),
  ];
  expect(applyEvents(...known).toolCalls).toBe(2);
});

test('moves a call from open to closed through an approval', () => {
  const states = [
    createResponse(createCallMessage(a)),
    createApprovalRequest(a),
    createApproval(),
    createFinished(a),
  ].map((_, count, known) => {
    return applyEvents(...known.slice(0, count + 1)).calls.map(({ status }) => status);
  });
  expect(states).toEqual([['open'], ['pending'], ['approved'], []]);
});

test('clears calls, output and suspension with a new response', () => {
  const parked: JournalEvent = { type: 'run.suspended', turn: 1, pending: ['approval:1.0'], at: 0, activeMs: 0 };
  const before = applyEvents(
    createResponse(createCallMessage(a)),
    createApprovalRequest(a),
    parked,
    createApproval(),
    createFinished(a),
  );
  const after = applyEvents(
    createResponse(createCallMessage(a)),
    createApprovalRequest(a),
    parked,
    createApproval(),
    createFinished(a),
    createResponse(createTextMessage('Done.'), { turn: 2 }),
  );
  expect([before.isSuspended, after.isSuspended, after.turn, after.calls, after.output]).toEqual([
    true,
    false,
    2,
    [],
    undefined,
  ]);
  expect(after.lastResponse).toEqual({ kind: 'text', text: 'Done.', refusal: '', clampedByLimit: undefined });
});

test('never changes an earlier state', () => {
  const known = [
    createResponse(createCallMessage(a, b)),
    createFailed(a),
    createFinished(b, { index: 1 }),
    createResponse(createCallMessage(a), { turn: 2 }),
    createFailed(a, { turn: 2 }),
  ];
  const states = known.map((_, count) => applyEvents(...known.slice(0, count + 1)));
  const before = states.map((state) => structuredClone({ ...state, history: state.history.messages }));
  applyEvents(...known, createResponse(createTextMessage('Done.'), { turn: 3 }));
  expect(states.map((state) => ({ ...state, history: state.history.messages }))).toEqual(before);
});

test('changes only the time for events without other effects', () => {
  const started: JournalEvent = { type: 'run.started', agent: 'agent', messages: [go], at: 0, activeMs: 0 };
  const waived: JournalEvent = { type: 'approval.expired', turn: 1, index: 0, at: 0, activeMs: 0 };
  const known = [createResponse(createCallMessage(a)), createApprovalRequest(a)];
  expect({ ...applyEvents(started, ...known, waived), history: [] }).toEqual({ ...applyEvents(...known), history: [] });
});
