import { describe, expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { decide } from './decide.ts';

const {
  createResponse,
  createTextMessage,
  createCallMessage,
  createCall,
  applyEvents,
  createPolicy,
  createLimitApproaching,
  createReprompt,
} = events;
const structured = { checksOutput: true };
const a = createCall('a');

interface Row {
  readonly name: string;
  readonly events: readonly JournalEvent[];
  readonly policy?: events.PolicyFields;
  readonly conclusion: unknown;
}

const last = { limit: 'turns', max: 2, spent: 1 };
const checked = (result: Extract<JournalEvent, { type: 'output.checked' }>['result']): JournalEvent => {
  return { type: 'output.checked', turn: 1, result, at: 0, activeMs: 0 };
};

const rows: readonly Row[] = [
  {
    name: 'completes the run for a text',
    events: [createResponse(createTextMessage('Sunny.'))],
    conclusion: { status: 'completed', output: 'Sunny.', text: 'Sunny.' },
  },
  {
    name: 'ends a limited run with the text of the announced last turn as output',
    events: [createLimitApproaching(), createResponse(createTextMessage('Sunny.'))],
    conclusion: { status: 'limited', ...last, output: 'Sunny.', text: 'Sunny.' },
  },
  {
    name: 'ends a limited run without output if the announced last turn is empty',
    events: [createLimitApproaching(), createResponse(createTextMessage(''))],
    conclusion: { status: 'limited', ...last },
  },
  {
    name: 'ends the run as refused, with the text of the model',
    events: [createResponse({ ...createCallMessage(a), refusal: 'No.' })],
    conclusion: { status: 'refused', refusal: 'No.' },
  },
  {
    name: 'ends the run as filtered, and keeps the text',
    events: [createResponse(createTextMessage('Sun'), { finishReason: 'content_filter' })],
    conclusion: { status: 'filtered', text: 'Sun' },
  },
  {
    name: 'ends the run as truncated, and keeps the text',
    events: [createResponse(createTextMessage('Sun'), { finishReason: 'length' })],
    conclusion: { status: 'truncated', text: 'Sun' },
  },
  {
    name: 'ends the run as truncated if calls are cut twice',
    events: [
      createResponse(createCallMessage(a), { finishReason: 'length' }),
      createReprompt('cut'),
      createResponse(createCallMessage(a), { turn: 2, finishReason: 'length' }),
    ],
    conclusion: { status: 'truncated', text: '' },
  },
  {
    name: 'does not reprompt for cut calls in the last turn',
    events: [createLimitApproaching(), createResponse(createCallMessage(a), { finishReason: 'length' })],
    conclusion: { status: 'truncated', text: '' },
  },
  {
    name: 'ends the run as limited if a limit cut the text',
    events: [
      createResponse(createTextMessage('Sun'), {
        finishReason: 'length',
        clampedByLimit: 'tokens',
        usage: events.createUsage(90),
      }),
    ],
    policy: { limits: { tokens: 100 } },
    conclusion: { status: 'limited', limit: 'tokens', max: 100, spent: 90, text: 'Sun', output: 'Sun' },
  },
  {
    name: 'reports a cost limit in dollars, and no output for an incomplete structure',
    events: [
      createResponse(createTextMessage('{"a'), {
        finishReason: 'length',
        clampedByLimit: 'cost',
        usage: events.createUsage(90, 0.25),
      }),
    ],
    policy: { ...structured, limits: { cost: 0.5 } },
    conclusion: { status: 'limited', limit: 'cost', max: 0.5, spent: 0.25, text: '{"a' },
  },
  {
    name: 'does not reprompt for calls that a limit cut',
    events: [createResponse(createCallMessage(a), { finishReason: 'length', clampedByLimit: 'tokens' })],
    policy: { limits: { tokens: 100 } },
    conclusion: { status: 'limited', limit: 'tokens', max: 100, spent: 0, text: '' },
  },
  {
    name: 'completes the run for a valid output',
    events: [createResponse(createTextMessage('{"a":1}')), checked({ ok: true, value: { a: 1 } })],
    policy: structured,
    conclusion: { status: 'completed', output: { a: 1 }, text: '{"a":1}' },
  },
  {
    name: 'completes the run for a valid output of null',
    events: [createResponse(createTextMessage('null')), checked({ ok: true, value: null })],
    policy: structured,
    conclusion: { status: 'completed', output: null, text: 'null' },
  },
  {
    name: 'keeps the text of an invalid output in the last turn',
    events: [
      createLimitApproaching(),
      createResponse(createTextMessage('{}')),
      checked({ ok: false, issues: 'a: expected number' }),
    ],
    policy: structured,
    conclusion: { status: 'limited', ...last, text: '{}' },
  },
  {
    name: 'fails the run for a failed request',
    events: [
      {
        type: 'model.failed',
        turn: 1,
        error: { name: 'HttpError', message: '401' },
        usage: events.createUsage(1),
        failedAttempts: [],
        at: 0,
        activeMs: 0,
      },
    ],
    conclusion: { status: 'failed', error: { name: 'HttpError', message: '401' }, attempts: [] },
  },
  {
    name: 'ends the run as limited if the budget refuses the request',
    events: [events.createLimitExceeded()],
    conclusion: { status: 'limited', limit: 'tokens', max: 10, spent: 9 },
  },
  {
    name: 'ends the run as aborted with open calls',
    events: [createResponse(createCallMessage(a)), { type: 'run.aborted', reason: 'enough', at: 0, activeMs: 0 }],
    conclusion: { status: 'aborted', reason: 'enough' },
  },
  {
    name: 'ends the run for a tool that aborts it after the other calls have ended',
    events: [
      createResponse(createCallMessage(a, createCall('b'))),
      events.createFailed(a, { reason: 'aborted', content: 'Enough.' }),
      events.createFinished(createCall('b'), { index: 1 }),
    ],
    conclusion: { status: 'aborted', reason: 'Enough.' },
  },
];

test.each(rows)('$name', ({ events: known, policy: fields, conclusion }) => {
  expect(decide(applyEvents(...known), createPolicy(fields))).toEqual({ type: 'finish', conclusion });
});

test('requests a response first', () => {
  const state = applyEvents();
  expect(decide(state, createPolicy())).toEqual({ type: 'call-model', turn: 1, history: state.history, isLast: false });
});

test.each([
  ['empty', createResponse(createTextMessage(' ')), 'Your last response was empty. Answer with text, or call a tool.'],
  [
    'cut',
    createResponse(createCallMessage(a), { finishReason: 'length' }),
    'Your last response was cut off by the token limit, so none of its tool calls ran. Try again with shorter arguments or fewer calls.',
  ],
] as const)('reprompts the model once if the response is %s', (reason, response, content) => {
  const message = { role: 'user', content };
  expect(decide(applyEvents(response), createPolicy())).toEqual({
    type: 'record-event',
    step: 'reprompt:1',
    event: { type: 'model.reprompted', turn: 1, reason, message },
  });
  const state = applyEvents(response, createReprompt(reason));
  expect(decide(state, createPolicy())).toEqual({ type: 'call-model', turn: 2, history: state.history, isLast: false });
});

test('fails the run after two empty responses in a row, but not with a useful response between them', () => {
  const twice = [
    createResponse(createTextMessage('')),
    createReprompt('empty'),
    createResponse(createTextMessage(''), { turn: 2 }),
  ];
  const code = 'response.empty';
  expect(decide(applyEvents(...twice), createPolicy())).toMatchObject({
    type: 'finish',
    conclusion: { status: 'failed', error: { name: 'EmptyResponseError', code }, attempts: [] },
  });
  const between = [
    createResponse(createCallMessage(a), { turn: 2 }),
    events.createFinished(a, { turn: 2 }),
    createResponse(createTextMessage(''), { turn: 3 }),
  ];
  expect(decide(applyEvents(...twice.slice(0, 2), ...between), createPolicy())).toMatchObject({
    type: 'record-event',
    event: { reason: 'empty' },
  });
});

describe('a response that an output guard rejects', () => {
  const rejection = { guard: 'kind', reason: 'be kind', maxRetries: 1 };
  const rejected = (turn = 1, of = rejection) =>
    createResponse(createTextMessage('You fool.'), { turn, rejection: of });
  const again = (turn: number, guard = 'kind'): JournalEvent => {
    const message = { role: 'user', content: 'Again.' } as const;
    return { type: 'model.reprompted', turn, reason: 'guard', guard, message, at: 0, activeMs: 0 };
  };

  test('reprompts the model with the reason', () => {
    const content = 'Your last answer was rejected: be kind\nAnswer again without that problem.';
    const event = {
      type: 'model.reprompted',
      turn: 1,
      reason: 'guard',
      guard: 'kind',
      message: { role: 'user', content },
    };
    expect(decide(applyEvents(rejected()), createPolicy(structured))).toEqual({
      type: 'record-event',
      step: 'reprompt:1',
      event,
    });
  });

  test.each<readonly [string, readonly JournalEvent[], unknown]>([
    [
      'refuses the run if its guard has no retry left',
      [rejected(), again(1), rejected(2)],
      { status: 'refused', refusal: 'be kind', guard: 'kind' },
    ],
    [
      'refuses the run immediately if its guard has no retries',
      [rejected(1, { ...rejection, maxRetries: 0 })],
      { status: 'refused', refusal: 'be kind', guard: 'kind' },
    ],
    [
      'ends the announced last turn without output',
      [createLimitApproaching(), rejected()],
      { status: 'limited', ...last },
    ],
  ])('%s', (_, known, conclusion) => {
    expect(decide(applyEvents(...known), createPolicy())).toEqual({ type: 'finish', conclusion });
  });

  test.each<readonly [string, readonly JournalEvent[]]>([
    [
      'another guard has used its retry',
      [rejected(1, { ...rejection, guard: 'other' }), again(1, 'other'), rejected(2)],
    ],
    [
      'an answer was accepted between',
      [
        rejected(),
        again(1),
        createResponse(createCallMessage(a), { turn: 2 }),
        events.createFinished(a, { turn: 2 }),
        rejected(3),
      ],
    ],
  ])('reprompts the model if %s', (_, known) => {
    expect(decide(applyEvents(...known), createPolicy())).toMatchObject({
      type: 'record-event',
      event: { reason: 'guard' },
    });
  });
});

test('checks the output before the run ends', () => {
  expect(decide(applyEvents(createResponse(createTextMessage('{}'))), createPolicy(structured))).toEqual({
    type: 'check-output',
    turn: 1,
    text: '{}',
  });
});

test('retries invalid output up to maxOutputRetries, then fails the run with the last text', () => {
  const wrong = checked({ ok: false, issues: 'a: expected number, got nothing' });
  const known = [createResponse(createTextMessage('{}')), wrong];
  const allowed = createPolicy({ ...structured, maxOutputRetries: 1 });
  expect(decide(applyEvents(...known), allowed)).toEqual({
    type: 'record-event',
    step: 'reprompt:1',
    event: {
      type: 'model.reprompted',
      turn: 1,
      reason: 'output',
      message: {
        role: 'user',
        content:
          'Your answer does not match the required schema:\na: expected number, got nothing\nSend the complete corrected answer again, as JSON and nothing else.',
      },
    },
  });
  const again = [...known, createReprompt('output'), createResponse(createTextMessage('[]'), { turn: 2 }), wrong];
  expect(decide(applyEvents(...again), allowed)).toMatchObject({
    type: 'finish',
    conclusion: {
      status: 'failed',
      error: {
        name: 'InvalidOutputError',
        code: 'output.invalid',
        details: { text: '[]', issues: 'a: expected number, got nothing' },
      },
    },
  });
});
