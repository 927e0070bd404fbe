import { describe, expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import type { UserMessage } from '../chat/message.ts';
import type {
  ApprovalRequestedEvent,
  HandoffCompletedEvent,
  JournalEvent,
  ModelRespondedEvent,
  ToolRepeatedFailureEvent,
} from '../event/journal-event.ts';
import { NO_USAGE } from '../event/usage.ts';

const {
  createApproval,
  createCallMessage,
  createCall,
  createFailed,
  createFinished,
  createResponse,
  createApprovalRequest,
  createTextMessage,
  applyEvents,
} = events;

const a = createCall('a');
const usage = { ...NO_USAGE, requests: 1, inputTokens: 10, outputTokens: 5, totalTokens: 15 };
const wrote = (content: string): UserMessage => ({ role: 'user', content });

describe('the counted prefix of the history', () => {
  test('is counted by the tokens of request and response, without later messages', () => {
    const steering = { before: [wrote('Wait.')], after: [wrote('And?'), wrote('Now?')] };
    expect(
      applyEvents(createResponse(createTextMessage('Hi.'), { usage, steeringMessages: steering })).countedPrefix,
    ).toEqual({
      tokens: 15,
      messages: 3,
    });
  });

  test.each([
    ['is an estimate', { usage: { ...usage, estimated: true } }],
    ['is that of several requests', { usage: { ...usage, requests: 2 } }],
    ['includes that of failed attempts', { usage, failedAttempts: [{} as never] }], // Only how many there are.
  ] as readonly (readonly [string, Partial<ModelRespondedEvent>])[])('stays as before if the usage %s', (_, fields) => {
    const known = [createResponse(createCallMessage(a), { usage }), createFinished(a)];
    expect(applyEvents(...known).countedPrefix).toEqual({ tokens: 15, messages: 2 });
    expect(
      applyEvents(...known, createResponse(createTextMessage('Hi.'), { turn: 2, ...fields })).countedPrefix,
    ).toEqual({
      tokens: 15,
      messages: 2,
    });
  });
});

test('starts without shares of any limit', () => {
  expect(applyEvents().shares).toEqual([]);
});

test('counts a handoff for the agent that made it', () => {
  const changed: HandoffCompletedEvent = {
    type: 'handoff.completed',
    turn: 1,
    from: 'first',
    to: 'second',
    definition: {} as never, // It is kept, and not read.
    at: 0,
    activeMs: 0,
  };
  const state = applyEvents(changed, { ...changed, from: 'second', to: 'third' });
  expect(state.handoffs).toBe(2);
  expect(state.shares).toEqual([
    { agent: undefined, handoffs: 1 },
    { agent: 'second', handoffs: 1 },
  ]);
});

function pendingAs(
  reason: ApprovalRequestedEvent['pending']['reason'],
  again?: 'definition_changed',
): ApprovalRequestedEvent {
  const event = createApprovalRequest(a);
  return { ...event, pending: { ...event.pending, reason }, ...(again && { again }) };
}

const edit: JournalEvent = {
  type: 'approval.answered',
  turn: 1,
  index: 0,
  answer: { type: 'edit', fingerprint: 'f0', arguments: { city: 'Rome' } },
  at: 0,
  activeMs: 0,
};

describe('a call that needs an answer', () => {
  test.each([
    ['approval', 0],
    ['external_result', 0],
    ['unknown_outcome', 1],
    ['suspended', 1],
  ] as const)('counts an unknown outcome if the reason is %s: %d', (reason, unknownOutcomes) => {
    expect(applyEvents(createResponse(createCallMessage(a)), pendingAs(reason)).calls).toMatchObject([
      { unknownOutcomes, repeats: 0 },
    ]);
  });

  test('is restored to what the model wrote when approval is requested again, and counted', () => {
    const known = [createResponse(createCallMessage(a)), createApprovalRequest(a), edit];
    expect(applyEvents(...known).calls).toMatchObject([
      { isEdited: true, call: createCall('a', { text: '{"city":"Rome"}' }) },
    ]);
    const again = pendingAs('approval', 'definition_changed');
    expect(applyEvents(...known, again).calls).toMatchObject([
      { isEdited: false, call: a, unknownOutcomes: 0, repeats: 1 },
    ]);
    expect(applyEvents(...known, again, again).calls).toMatchObject([{ repeats: 2 }]);
  });

  test('has what its tool gets when it resumes, until the tool suspends it again', () => {
    const begun = createResponse(createCallMessage(a));
    const suspended: JournalEvent = { ...pendingAs('suspended'), state: { round: 1 } };
    const answer = { type: 'resume' as const, fingerprint: 'f0', value: 7 };
    const resumed: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    const resumeData = { state: { round: 1 }, value: 7 };
    expect(applyEvents(begun, suspended).calls).toMatchObject([
      { status: 'pending', suspendedState: { round: 1 }, resumeData: undefined },
    ]);
    expect(applyEvents(begun, suspended, resumed).calls).toMatchObject([{ status: 'approved', resumeData }]);
    // A person decides about a crash in the resumed tool, which gets the same again.
    expect(applyEvents(begun, suspended, resumed, pendingAs('unknown_outcome')).calls).toMatchObject([{ resumeData }]);
    expect(applyEvents(begun, suspended, resumed, pendingAs('suspended')).calls).toMatchObject([
      { suspendedState: undefined, resumeData: undefined },
    ]);
  });

  test('stays pending until its external result is recorded', () => {
    const answer = { type: 'result' as const, fingerprint: 'f0', value: 7 };
    const answered: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    expect(
      applyEvents(createResponse(createCallMessage(a)), pendingAs('external_result'), answered).calls,
    ).toMatchObject([{ status: 'pending' }]);
  });
});

describe('an edit of a call whose input is a text', () => {
  const shown = (): ApprovalRequestedEvent => {
    const event = createApprovalRequest(a);
    return { ...event, pending: { ...event.pending, input: 'rm build' } };
  };
  test.each([
    ['is a text', 'ls', '{"input":"ls"}'],
    ['is a text in the form of the function', { input: 'ls' }, '{"input":"ls"}'],
    ['is another object', { input: 'ls', force: true }, '{"input":"ls","force":true}'],
    ['has no text', { input: 7 }, '{"input":7}'],
    ['has another field', { command: 'ls' }, '{"command":"ls"}'],
    ['is null', null, 'null'],
    ['is a list', ['ls'], '["ls"]'],
  ])('%s', (_, given, text) => {
    const answer = { type: 'edit' as const, fingerprint: 'f0', arguments: given };
    const answered: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    expect(applyEvents(createResponse(createCallMessage(a)), shown(), answered).calls).toMatchObject([
      { call: createCall('a', { text }) },
    ]);
  });

  test.each([
    ['is a text', 'ls', 'ls'],
    ['is a text in the form of the function', { input: 'ls' }, 'ls'],
    ['is another object', { command: 'ls' }, '{"command":"ls"}'],
  ])('of a custom tool %s', (_, given, input) => {
    const custom = { id: 'a', type: 'custom' as const, custom: { name: 'run', input: 'rm build' } };
    const message = { role: 'assistant' as const, content: null, tool_calls: [custom] };
    const answer = { type: 'edit' as const, fingerprint: 'f0', arguments: given };
    const answered: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    const { calls } = applyEvents(createResponse(message), shown(), answered);
    expect(calls).toMatchObject([{ call: { ...custom, custom: { name: 'run', input } } }]);
  });

  test('is not a text if the person saw an object', () => {
    const answer = { type: 'edit' as const, fingerprint: 'f0', arguments: 'ls' };
    const answered: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    const { calls } = applyEvents(createResponse(createCallMessage(a)), createApprovalRequest(a), answered);
    expect(calls).toMatchObject([{ call: createCall('a', { text: '"ls"' }) }]);
  });
});

describe('failed calls', () => {
  const b = createCall('b', { text: '{"city":"Rome"}' });
  const other = createCall('c', { name: 'pay' });
  const stuck = (tool: string, count: number): ToolRepeatedFailureEvent => {
    const message = { role: 'user', content: 'Stop.' } as const;
    return { type: 'tool.repeated_failure', turn: 1, tool, count, message, at: 0, activeMs: 0 };
  };

  test('are counted if other calls of the turn succeed', () => {
    const known = [createResponse(createCallMessage(a, b)), createFailed(a), createFinished(b, { index: 1 })];
    expect([...applyEvents(...known).repeatedFailures.values()]).toEqual([
      { tool: 'look_up', count: 1, reportedAt: undefined },
    ]);
  });

  test('are marked when the model gets a warning for their tool and count', () => {
    const known = [
      createResponse(createCallMessage(a, b, other)),
      createFailed(a),
      createFailed(b, { index: 1 }),
      createFailed(other, { index: 2 }),
      createResponse(createCallMessage(a, other), { turn: 2 }),
      createFailed(a, { turn: 2 }),
      createFailed(other, { turn: 2, index: 1 }),
      stuck('look_up', 2),
    ];
    expect([...applyEvents(...known).repeatedFailures.values()]).toEqual([
      { tool: 'look_up', count: 2, reportedAt: 2 },
      { tool: 'look_up', count: 1, reportedAt: undefined },
      { tool: 'pay', count: 2, reportedAt: undefined },
    ]);
    expect(applyEvents(...known, stuck('look_up', 2)).repeatedFailures.get('look_up {}')?.reportedAt).toBe(2);
  });

  test('end the run if the tool refused it, after the other calls have ended', () => {
    const refused = createFailed(a, { reason: 'refused', content: 'Not for you.' });
    expect(applyEvents(createResponse(createCallMessage(a, b)), refused).runEnd).toEqual({
      status: 'refused',
      refusal: 'Not for you.',
    });
  });
});

test('keeps a call approved while another call has no answer', () => {
  const known = [
    createResponse(createCallMessage(a, createCall('b'))),
    createApprovalRequest(a),
    createApprovalRequest(createCall('b'), 1),
    createApproval(),
  ];
  expect(applyEvents(...known).calls.map(({ status }) => status)).toEqual(['approved', 'pending']);
});
