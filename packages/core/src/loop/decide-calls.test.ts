import { expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { Action } from './action.ts';
import { decide } from './decide.ts';

const {
  createApproval,
  createCallMessage,
  createCall,
  createFailed,
  createFinished,
  createPolicy,
  createResponse,
  createApprovalRequest,
  createSkipped,
  applyEvents,
} = events;

const [a, b, c] = [createCall('a'), createCall('b', { name: 'pay' }), createCall('c', { name: 'pay' })];
const all = createResponse(createCallMessage(a, b, c));
const paying = { canWait: (tool: string): boolean => tool === 'pay' };
const waived: JournalEvent = { type: 'approval.not_required', turn: 1, index: 1, at: 0, activeMs: 0 };
const denied: readonly JournalEvent[] = [
  { type: 'approval.answered', turn: 1, index: 1, answer: { type: 'deny', fingerprint: 'f1' }, at: 0, activeMs: 0 },
  createSkipped(b, { index: 1 }),
];
const asking: readonly JournalEvent[] = [all, createApprovalRequest(b, 1), createApprovalRequest(c, 2)];
const parked: JournalEvent = {
  type: 'run.suspended',
  turn: 1,
  pending: ['approval:1.1', 'approval:1.2'],
  at: 0,
  activeMs: 0,
};

const rows: readonly (readonly [string, readonly JournalEvent[], readonly [Action['type'], string]])[] = [
  ['checks calls that may need approval first', [all], ['check-calls', '1 2']],
  [
    'runs the calls that need no approval in parallel, before it waits for answers',
    [all, waived, createApprovalRequest(c, 2)],
    ['run-calls', '0 1'],
  ],
  ['waits for answers when the other calls have finished', [...asking, createFinished(a)], ['await-answers', '1 2']],
  ['waits for answers when the other calls have failed', [...asking, createFailed(a)], ['await-answers', '1 2']],
  [
    'waits for the second answer after the first',
    [...asking, createFinished(a), createApproval(1)],
    ['await-answers', '2'],
  ],
  [
    'runs approved calls in parallel when every call has its answer',
    [...asking, createFinished(a), createApproval(1), createApproval(2)],
    ['run-calls', '1 2'],
  ],
  ['does not run a denied call', [...asking, createFinished(a), ...denied, createApproval(2)], ['run-calls', '2']],
];

test.each(rows)('%s', (_, known, [type, indexes]) => {
  const action = decide(applyEvents(...known), createPolicy(paying));
  const calls = 'calls' in action ? action.calls.map(({ index }) => index).join(' ') : '';
  expect([action.type, calls]).toEqual([type, indexes]);
});

test('runs all calls in parallel if none needs an approval', () => {
  const state = applyEvents(
    { type: 'turn.prepared', turn: 1, model: 'm', tools: ['look_up'], at: 0, activeMs: 0 },
    all,
  );
  expect(decide(state, createPolicy())).toEqual({ type: 'run-calls', turn: 1, calls: state.calls, tools: ['look_up'] });
});

test('suspends the run with all pending calls when only waits are left', () => {
  const first = createApprovalRequest(b, 1);
  const second = createApprovalRequest(c, 2);
  expect(decide(applyEvents(...asking, createFinished(a), parked), createPolicy(paying))).toEqual({
    type: 'finish',
    conclusion: { status: 'suspended', pending: [first.pending, second.pending] },
  });
});

test('keeps approved calls waiting until every pending call is answered', () => {
  expect(decide(applyEvents(...asking, createFinished(a), createApproval(1), parked), createPolicy(paying))).toEqual({
    type: 'finish',
    conclusion: { status: 'suspended', pending: [createApprovalRequest(c, 2).pending] },
  });
});

test('runs a call with the arguments that a person edited', () => {
  const edited: JournalEvent = {
    type: 'approval.answered',
    turn: 1,
    index: 0,
    answer: { type: 'edit', fingerprint: 'f0', arguments: { amount: 5 } },
    at: 0,
    activeMs: 0,
  };
  const state = applyEvents(createResponse(createCallMessage(b)), createApprovalRequest(b), edited);
  expect(decide(state, createPolicy(paying))).toEqual({
    type: 'run-calls',
    turn: 1,
    tools: undefined,
    calls: [
      {
        index: 0,
        call: createCall('b', { name: 'pay', text: '{"amount":5}' }),
        status: 'approved',
        isEdited: true,
        originalCall: b,
        canWait: false,
        unknownOutcomes: 0,
        repeats: 0,
        pending: createApprovalRequest(b).pending,
      },
    ],
  });
});

test('runs calls with the arguments that the model wrote, even if they are not JSON', () => {
  const state = applyEvents(createResponse(createCallMessage(a), { rawArguments: { 0: '{"city": Os' } }));
  expect(state.calls.map((each) => each.call)).toEqual([createCall('a', { text: '{"city": Os' })]);
  expect(state.history.messages.at(-1)).toEqual(createCallMessage(a));
});

test('refuses a batch that would exceed the limit of tool calls', () => {
  const state = applyEvents(
    createResponse(createCallMessage(a)),
    createFinished(a),
    createResponse(createCallMessage(createCall('x'), createCall('y')), { turn: 2 }),
  );
  expect(decide(state, createPolicy({ limits: { toolCalls: 2 } }))).toEqual({
    type: 'refuse-calls',
    turn: 2,
    calls: state.calls,
    limit: 'toolCalls',
    content: 'Not run: 2 calls would exceed the limit of 2 tool calls. 1 are used.',
  });
  expect(decide(state, createPolicy({ limits: { toolCalls: 3 } })).type).toBe('run-calls');
});

test('does not count denied or refused calls against the limit', () => {
  const state = applyEvents(
    createResponse(createCallMessage(a)),
    createSkipped(a),
    createResponse(createCallMessage(b), { turn: 2 }),
  );
  expect([state.toolCalls, decide(state, createPolicy({ limits: { toolCalls: 1 } })).type]).toEqual([0, 'run-calls']);
});

test('starts no call after the duration limit', () => {
  const state = applyEvents(events.withActiveMs(100, createResponse(createCallMessage(a))));
  expect(decide(state, createPolicy({ limits: { durationMs: 100 } }))).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', limit: 'durationMs', max: 100, spent: 100 },
  });
});

test.each([
  ['their text is the output', {}, { output: 'So far.', text: 'So far.' }],
  ['an incomplete structure is no output', { checksOutput: true }, {}],
])('runs no calls in the last turn; %s', (_, fields, given) => {
  const state = applyEvents(
    events.createLimitApproaching(),
    createResponse({ ...createCallMessage(a), content: 'So far.' }),
  );
  expect(decide(state, createPolicy(fields))).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', limit: 'turns', max: 2, spent: 1, ...given },
  });
});

test('leaves no output if the last turn has calls but no text', () => {
  const state = applyEvents(events.createLimitApproaching(), createResponse(createCallMessage(a)));
  expect(decide(state, createPolicy())).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', limit: 'turns', max: 2, spent: 1 },
  });
});

test.each([
  ['has changed', 'new', 'check-calls'],
  ['is the same', 'old', 'run-calls'],
  ['is gone with its tool', undefined, 'run-calls'],
] as const)('requests approval again if the definition of the tool %s', (_, now, type) => {
  const asking = createApprovalRequest(b);
  const state = applyEvents(
    createResponse(createCallMessage(b)),
    { ...asking, pending: { ...asking.pending, definitionHash: 'old' } },
    createApproval(),
  );
  expect(decide(state, createPolicy({ ...paying, getDefinitionHash: () => now })).type).toBe(type);
});
