import { describe, expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import type { UserMessage } from '../chat/message.ts';
import type {
  ApprovalRequestedEvent,
  HandoffCompletedEvent,
  JournalEvent,
  ModelRespondedEvent,
  ToolRepeatedFailureEvent,
} from '../event/journal-event.ts';
import { NO_USAGE } from '../event/usage.ts';

const { approved, asked, call, failed, finished, replied, requested, said, stateAfter } = facts;

const a = call('a');
const usage = { ...NO_USAGE, requests: 1, inputTokens: 10, outputTokens: 5, totalTokens: 15 };
const wrote = (content: string): UserMessage => ({ role: 'user', content });

describe('the history is counted', () => {
  test('by the tokens of the prompt and of the response, without what came after it', () => {
    const steered = { before: [wrote('Wait.')], after: [wrote('And?'), wrote('Now?')] };
    expect(stateAfter(replied(said('Hi.'), { usage, steeringMessages: steered })).counted).toEqual({
      tokens: 15,
      messages: 3,
    });
  });

  test.each([
    ['is an estimate', { usage: { ...usage, estimated: true } }],
    ['is that of several requests', { usage: { ...usage, requests: 2 } }],
    ['includes that of failed attempts', { usage, failedAttempts: [{} as never] }], // Only how many there are.
  ] as readonly (readonly [string, Partial<ModelRespondedEvent>])[])('as before, if the usage %s', (_, fields) => {
    const known = [replied(asked(a), { usage }), finished(a)];
    expect(stateAfter(...known).counted).toEqual({ tokens: 15, messages: 2 });
    expect(stateAfter(...known, replied(said('Hi.'), { turn: 2, ...fields })).counted).toEqual({
      tokens: 15,
      messages: 2,
    });
  });
});

test('nobody has taken anything of a limit at the beginning', () => {
  expect(stateAfter().shares).toEqual([]);
});

test('a handoff is counted as that of the agent that made it', () => {
  const changed: HandoffCompletedEvent = {
    type: 'handoff.completed',
    turn: 1,
    from: 'first',
    to: 'second',
    definition: {} as never, // It is kept, and not read.
    at: 0,
    activeMs: 0,
  };
  const state = stateAfter(changed, { ...changed, from: 'second', to: 'third' });
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
  const fact = requested(a);
  return { ...fact, pending: { ...fact.pending, reason }, ...(again && { again }) };
}

const edit: JournalEvent = {
  type: 'approval.answered',
  turn: 1,
  index: 0,
  answer: { type: 'edit', fingerprint: 'f0', arguments: { city: 'Rome' } },
  at: 0,
  activeMs: 0,
};

describe('a call that somebody is asked about', () => {
  test.each([
    ['approval', 0],
    ['external_result', 0],
    ['unknown_outcome', 1],
    ['suspended', 1],
  ] as const)('has begun before, if the reason is %s: %d', (reason, doubts) => {
    expect(stateAfter(replied(asked(a)), pendingAs(reason)).calls).toMatchObject([{ doubts, repeats: 0 }]);
  });

  test('once more is as the model wrote it, and counted', () => {
    const known = [replied(asked(a)), requested(a), edit];
    expect(stateAfter(...known).calls).toMatchObject([
      { isEdited: true, call: call('a', { text: '{"city":"Rome"}' }) },
    ]);
    const again = pendingAs('approval', 'definition_changed');
    expect(stateAfter(...known, again).calls).toMatchObject([{ isEdited: false, call: a, doubts: 0, repeats: 1 }]);
    expect(stateAfter(...known, again, again).calls).toMatchObject([{ repeats: 2 }]);
  });

  test('stays pending when a result comes from outside, until that is recorded as the call’s', () => {
    const answer = { type: 'result' as const, fingerprint: 'f0', value: 7 };
    const answered: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    expect(stateAfter(replied(asked(a)), pendingAs('external_result'), answered).calls).toMatchObject([
      { status: 'pending' },
    ]);
  });
});

describe('an edit of a call whose input is a text', () => {
  const shown = (): ApprovalRequestedEvent => {
    const fact = requested(a);
    return { ...fact, pending: { ...fact.pending, input: 'rm build' } };
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
    expect(stateAfter(replied(asked(a)), shown(), answered).calls).toMatchObject([{ call: call('a', { text }) }]);
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
    const { calls } = stateAfter(replied(message), shown(), answered);
    expect(calls).toMatchObject([{ call: { ...custom, custom: { name: 'run', input } } }]);
  });

  test('is no text, if the person saw an object', () => {
    const answer = { type: 'edit' as const, fingerprint: 'f0', arguments: 'ls' };
    const answered: JournalEvent = { type: 'approval.answered', turn: 1, index: 0, answer, at: 0, activeMs: 0 };
    const { calls } = stateAfter(replied(asked(a)), requested(a), answered);
    expect(calls).toMatchObject([{ call: call('a', { text: '"ls"' }) }]);
  });
});

describe('calls that fail', () => {
  const b = call('b', { text: '{"city":"Rome"}' });
  const other = call('c', { name: 'pay' });
  const stuck = (tool: string, count: number): ToolRepeatedFailureEvent => {
    const message = { role: 'user', content: 'Stop.' } as const;
    return { type: 'tool.repeated_failure', turn: 1, tool, count, message, at: 0, activeMs: 0 };
  };

  test('are counted beside calls of the same turn that did not fail', () => {
    const known = [replied(asked(a, b)), failed(a), finished(b, { index: 1 })];
    expect([...stateAfter(...known).failing.values()]).toEqual([{ tool: 'look_up', count: 1, toldAt: undefined }]);
  });

  test('are marked when the model was told of their tool and count, and no others', () => {
    const known = [
      replied(asked(a, b, other)),
      failed(a),
      failed(b, { index: 1 }),
      failed(other, { index: 2 }),
      replied(asked(a, other), { turn: 2 }),
      failed(a, { turn: 2 }),
      failed(other, { turn: 2, index: 1 }),
      stuck('look_up', 2),
    ];
    expect([...stateAfter(...known).failing.values()]).toEqual([
      { tool: 'look_up', count: 2, toldAt: 2 },
      { tool: 'look_up', count: 1, toldAt: undefined },
      { tool: 'pay', count: 2, toldAt: undefined },
    ]);
    expect(stateAfter(...known, stuck('look_up', 2)).failing.get('look_up {}')?.toldAt).toBe(2);
  });

  test('end the run when their tool refused it, once their siblings have ended', () => {
    const refused = failed(a, { reason: 'refused', content: 'Not for you.' });
    expect(stateAfter(replied(asked(a, b)), refused).ended).toEqual({ status: 'refused', refusal: 'Not for you.' });
  });
});

test('an approved call stays approved beside one that nobody has answered', () => {
  const known = [replied(asked(a, call('b'))), requested(a), requested(call('b'), 1), approved()];
  expect(stateAfter(...known).calls.map(({ status }) => status)).toEqual(['approved', 'pending']);
});
