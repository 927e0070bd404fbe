import { expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { decide } from './decide.ts';

const {
  createCallMessage,
  createCall,
  createFailed,
  createFinished,
  createPolicy,
  createResponse,
  createSkipped,
  applyEvents,
  createUsage,
} = events;
const a = createCall('a', { text: '{"city":"Oslo"}' });

/** Turns of one call each, as it was answered. */
function turns(...answers: readonly ((turn: number) => JournalEvent)[]): readonly JournalEvent[] {
  return answers.flatMap((answer, index) => [
    createResponse(createCallMessage(a), { turn: index + 1 }),
    answer(index + 1),
  ]);
}

const works = (turn: number): JournalEvent => createFinished(a, { turn });
const breaks = (turn: number): JournalEvent => createFailed(a, { turn });
const invalid = (turn: number): JournalEvent =>
  createFailed(a, { turn, reason: 'invalid', content: 'city: expected Bergen' });

interface Limited {
  readonly name: string;
  readonly events: readonly JournalEvent[];
  readonly limits: events.PolicyFields['limits'] & object;
  readonly reached: { readonly limit: string; readonly max: number; readonly spent: number };
}

const lastOnes: readonly Limited[] = [
  {
    name: 'one turn is left',
    events: turns(works),
    limits: { turns: 2 },
    reached: { limit: 'turns', max: 2, spent: 1 },
  },
  { name: 'the limit is one turn', events: [], limits: { turns: 1 }, reached: { limit: 'turns', max: 1, spent: 0 } },
  {
    name: 'the tokens are enough for one request like the last one, not for two',
    events: [createResponse(createCallMessage(a), { usage: createUsage(40) }), works(1)],
    limits: { tokens: 119 },
    reached: { limit: 'tokens', max: 119, spent: 40 },
  },
  {
    name: 'the cost limit is enough for one request like the last one, not for two',
    events: [createResponse(createCallMessage(a), { usage: createUsage(1, 0.25) }), works(1)],
    limits: { cost: 0.5 },
    reached: { limit: 'cost', max: 0.5, spent: 0.25 },
  },
  {
    name: 'a batch of calls exceeded the limit',
    events: [
      ...turns(works),
      createResponse(createCallMessage(a), { turn: 2 }),
      createSkipped(a, { turn: 2, reason: 'limit' }),
    ],
    limits: { toolCalls: 1 },
    reached: { limit: 'toolCalls', max: 1, spent: 1 },
  },
];

test.each(lastOnes)(
  'announces the last request and sends it without tools: $name',
  ({ events: known, limits, reached }) => {
    const state = applyEvents(...known);
    const action = decide(state, createPolicy({ limits }));
    expect(action).toEqual({
      type: 'record-event',
      step: `limit:${state.turn}`,
      event: {
        type: 'limit.approaching',
        turn: state.turn,
        ...reached,
        message: {
          role: 'user',
          content: 'This run has reached a limit, so tools are now disabled. Answer with what you have.',
        },
      },
    });
    if (action.type !== 'record-event') throw new Error('It was not announced.');
    const received = applyEvents(...known, { ...action.event, at: 0, activeMs: 0 });
    expect(decide(received, createPolicy({ limits }))).toEqual({
      type: 'call-model',
      turn: state.turn + 1,
      history: received.history,
      isLast: true,
    });
    expect(received.history.messages.at(-1)).toEqual(action.event.message);
  },
);

test.each(lastOnes.filter(({ limits }) => limits.toolCalls === undefined))(
  'announces nothing to an agent without tools: $name',
  ({ events: known, limits }) => {
    const state = applyEvents(...known);
    const action = decide(state, createPolicy({ limits, hasTools: false }));
    expect(action).toEqual({ type: 'call-model', turn: state.turn + 1, history: state.history, isLast: false });
  },
);

test.each<Limited>([
  { name: 'turns', events: turns(works, works), limits: { turns: 2 }, reached: { limit: 'turns', max: 2, spent: 2 } },
  {
    name: 'tokens',
    events: [createResponse(createCallMessage(a), { usage: createUsage(100) }), works(1)],
    limits: { tokens: 100 },
    reached: { limit: 'tokens', max: 100, spent: 100 },
  },
  {
    name: 'dollars',
    events: [createResponse(createCallMessage(a), { usage: createUsage(1, 0.5) }), works(1)],
    limits: { cost: 0.5 },
    reached: { limit: 'cost', max: 0.5, spent: 0.5 },
  },
  {
    name: 'time',
    events: [createResponse(createCallMessage(a)), events.withActiveMs(100, works(1))],
    limits: { durationMs: 100 },
    reached: { limit: 'durationMs', max: 100, spent: 100 },
  },
  {
    name: 'tokens before turns, if both are spent',
    events: [...turns(works), createResponse(createCallMessage(a), { turn: 2, usage: createUsage(100) }), works(2)],
    limits: { turns: 2, tokens: 100 },
    reached: { limit: 'tokens', max: 100, spent: 100 },
  },
])('ends the run if the limits leave no request: $name', ({ events: known, limits, reached }) => {
  expect(decide(applyEvents(...known), createPolicy({ limits }))).toEqual({
    type: 'finish',
    conclusion: { status: 'limited', ...reached },
  });
});

test.each([
  [
    'two requests like the last one fit exactly',
    [createResponse(createCallMessage(a), { usage: createUsage(40) }), works(1)],
    { tokens: 120 },
  ],
  ['time is left', [createResponse(createCallMessage(a)), events.withActiveMs(99, works(1))], { durationMs: 100 }],
  ['the limit of tool calls is reached, and no call was refused', turns(works), { toolCalls: 1 }],
] as const)('requests another response while %s', (_, known, limits) => {
  const state = applyEvents(...known);
  expect(decide(state, createPolicy({ limits }))).toEqual({
    type: 'call-model',
    turn: 2,
    history: state.history,
    isLast: false,
  });
});

test('sends no request after the announced last one', () => {
  const known = [events.createLimitApproaching(), createResponse(createCallMessage(a), { finishReason: 'length' })];
  expect(decide(applyEvents(...known), createPolicy()).type).toBe('finish');
});

test.each([
  ['allowed', turns(invalid, invalid), 'call-model'],
  ['spent', turns(invalid, invalid, invalid), 'finish'],
  ['reset by a valid call', turns(invalid, invalid, works, invalid, invalid), 'call-model'],
  ['reset by a valid call that fails', turns(invalid, invalid, breaks, invalid), 'call-model'],
  ['not reset by a skipped call', turns(invalid, invalid, (turn) => createSkipped(a, { turn }), invalid), 'finish'],
] as const)('retries of a tool’s input are %s', (_, known, type) => {
  expect(decide(applyEvents(...known), createPolicy()).type).toBe(type);
});

test('fails the run after the last retry, and names the tool and the last issue', () => {
  const known = turns(invalid, (turn) =>
    createFailed(a, { turn, reason: 'unknown', content: 'There is no tool "look_up".' }),
  );
  expect(decide(applyEvents(...known), createPolicy({ getMaxInputRetries: () => 1 }))).toMatchObject({
    type: 'finish',
    conclusion: {
      status: 'failed',
      error: {
        name: 'InvalidToolInputError',
        code: 'tool.invalid_input',
        message:
          'The model\'s input for tool "look_up" is still invalid after every retry (maxInputRetries: 1): There is no tool "look_up".',
        details: { tool: 'look_up', issue: 'There is no tool "look_up".' },
      },
      attempts: [],
    },
  });
});

test('counts several invalid calls of one turn once, and none if one call is valid', () => {
  const wrong = (index: number, turn: number): JournalEvent =>
    createFailed(createCall(`c${index}`), { turn, index, reason: 'invalid' });
  const turn = (number: number): readonly JournalEvent[] => [
    createResponse(createCallMessage(createCall('c0'), createCall('c1'), createCall('c2')), { turn: number }),
    wrong(0, number),
    wrong(1, number),
    wrong(2, number),
  ];
  expect(decide(applyEvents(...turn(1), ...turn(2)), createPolicy()).type).toBe('call-model');
  expect(decide(applyEvents(...turn(1), ...turn(2), ...turn(3)), createPolicy()).type).toBe('finish');
  const mixed = [...turn(3).slice(0, 3), createFinished(createCall('c2'), { turn: 3, index: 2 })];
  expect(applyEvents(...turn(1), ...turn(2), ...mixed).invalidCalls).toEqual(new Map());
});
