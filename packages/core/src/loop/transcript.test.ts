import { expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import { CANCELLED } from '../chat/history.ts';
import type { UserPart } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { createOutcome } from './transcript.ts';

const {
  createApproval,
  createCallMessage,
  withActiveMs,
  createCall,
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
const PENDING = 'Pending: this call waits for approval and has not run.';
const result = (id: string, content = 'Found.') => ({ role: 'tool', tool_call_id: id, content });
const wrote: JournalEvent = {
  type: 'user.interrupted',
  turn: 1,
  message: { role: 'user', content: 'Stop.' },
  at: 0,
  activeMs: 0,
};

test('adds the common fields to the conclusion of an outcome', () => {
  const state = applyEvents(
    createResponse(createCallMessage(a), { usage: createUsage(10) }),
    withActiveMs(50, createFinished(a)),
    createResponse(createTextMessage('Done.'), { turn: 2 }),
  );
  const conclusion = { status: 'completed', output: 'Done.', text: 'Done.' } as const;
  expect(createOutcome(state, { conclusion, runId: 'run', agent: 'agent' })).toEqual({
    ...conclusion,
    runId: 'run',
    agent: 'agent',
    messages: [go, createCallMessage(a), result('a'), createTextMessage('Done.')],
    usage: createUsage(10),
    usageBy: [expect.objectContaining({ agent: 'agent', turnCount: 2 }), expect.objectContaining({ toolCallCount: 1 })],
    turnCount: 2,
    toolCallCount: 1,
    durationMs: 50,
  });
});

test.each([
  ['nothing is open', [createResponse(createTextMessage('Hi.'))], [createTextMessage('Hi.')]],
  [
    'no call has run',
    [createResponse(createCallMessage(a, b))],
    [createCallMessage(a, b), result('a', CANCELLED), result('b', CANCELLED)],
  ],
  [
    'a call has run',
    [createResponse(createCallMessage(a, b)), createFinished(b, { index: 1 })],
    [createCallMessage(a, b), result('a', CANCELLED), result('b')],
  ],
  [
    'a call waits for a person',
    [createResponse(createCallMessage(a, b)), createFinished(a), createApprovalRequest(b, 1)],
    [createCallMessage(a, b), result('a'), result('b', PENDING)],
  ],
  [
    'a call was approved and has not run',
    [createResponse(createCallMessage(a)), createApprovalRequest(a), createApproval()],
    [createCallMessage(a), result('a', CANCELLED)],
  ],
  [
    'a call gave an image',
    [createResponse(createCallMessage(a, b)), createFinished(a, { parts: [image] })],
    [
      createCallMessage(a, b),
      result('a'),
      result('b', CANCELLED),
      {
        role: 'user',
        content: [{ type: 'text', text: 'From look_up (a):' }, image],
        pawl_parts_of: [{ tool_call_id: 'a', parts: 1 }],
      },
    ],
  ],
  [
    'the user wrote',
    [
      createResponse(createCallMessage(a, b)),
      createApprovalRequest(a),
      createApprovalRequest(b, 1),
      createApproval(),
      wrote,
      createSkipped(b, { index: 1, content: CANCELLED }),
    ],
    [createCallMessage(a, b), result('a', CANCELLED), result('b', CANCELLED), { role: 'user', content: 'Stop.' }],
  ],
] as readonly (readonly [string, readonly JournalEvent[], readonly unknown[]])[])(
  'builds a valid conversation if the run ends anywhere: %s',
  (_, known, messages) => {
    const state = applyEvents(...known);
    const outcome = createOutcome(state, {
      conclusion: { status: 'aborted', reason: 'enough' },
      runId: 'run',
      agent: 'agent',
    });
    expect(outcome.messages).toEqual([go, ...messages]);
  },
);

test('leaves the history unchanged, so that open calls can still be closed', () => {
  const state = applyEvents(createResponse(createCallMessage(a)), createApprovalRequest(a));
  createOutcome(state, { conclusion: { status: 'suspended', pending: [] }, runId: 'run', agent: 'agent' });
  expect(state.history.messages).toEqual([go, createCallMessage(a)]);
  expect(state.history.append({ role: 'tool', tool_call_id: 'a', content: 'Found.' }).messages).toHaveLength(3);
});
