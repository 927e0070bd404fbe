import { checkHistory } from '@pawl/testing';
import { expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import { createRandom, type Random, shuffle } from '../../../../test/loop/random.ts';
import type { FunctionToolCall, UserPart } from '../chat/message.ts';
import type { JournalEvent, ToolCallClosedEvent } from '../event/journal-event.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { RunState } from './state.ts';
import { createOutcome } from './transcript.ts';

const image: UserPart = { type: 'image_url', image_url: { url: 'https://a.test/1.png' } };

test('builds a valid conversation after every journal event of generated runs', () => {
  for (let seed = 1; seed <= 250; seed++) {
    const random = createRandom(seed);
    let state = events.applyEvents();
    for (let i = 0; i < 40; i++) {
      const happened = next(state, random);
      if (happened === undefined) break;
      for (const event of happened) {
        state = apply(state, event);
        const outcome = createOutcome(state, {
          conclusion: { status: 'aborted', reason: 'enough' },
          runId: 'run',
          agent: 'agent',
        });
        expect({ seed, event, faults: checkHistory(outcome.messages) }).toEqual({ seed, event, faults: [] });
      }
    }
  }
});

const policy = events.createPolicy({
  limits: { turns: 12, toolCalls: 15 },
  checksOutput: true,
  maxOutputRetries: 3,
  getMaxInputRetries: () => 20,
  canWait: (tool) => tool === 'pay',
});

/** What may come of the action that policy decides on; `undefined` at the end. */
function next(state: RunState, random: Random): readonly JournalEvent[] | undefined {
  const action = decide(state, policy);
  const times = { at: 0, activeMs: 0 };
  const position = { turn: state.turn, ...times };
  switch (action.type) {
    case 'finish':
      return undefined;
    case 'call-model':
      return [createTextMessage(state, random)];
    case 'record-event':
      return [{ ...action.event, ...times }];
    case 'check-output':
      return [
        {
          type: 'output.checked',
          ...position,
          result: random(2) ? { ok: true, value: 1 } : { ok: false, issues: 'no' },
        },
      ];
    case 'check-calls':
      return shuffle(action.calls, random).map(({ index, call }) => {
        if (random(3) === 0) return { type: 'approval.not_required', index, ...position };
        const pending = {
          id: `approval:${state.turn}.${index}`,
          reason: 'approval' as const,
          accepts: [],
          call,
          input: {},
          fingerprint: 'f',
        };
        return { type: 'approval.requested', index, pending, ...position };
      });
    case 'await-answers':
      return action.calls.flatMap(({ index, call }) => answers({ index, call: functionCall(call), position }, random));
    case 'refuse-calls':
      return action.calls.map(({ index, call }) =>
        events.createSkipped(functionCall(call), { turn: state.turn, index, reason: 'limit' }),
      );
    case 'hand-over':
      return [{ type: 'handoff.completed', ...position, from: 'agent', to: action.to, definition: { tools: {} } }];
    case 'run-calls':
      return shuffle(action.calls, random).map(({ index, call }) =>
        closed({ index, turn: state.turn, call: functionCall(call) }, random),
      );
  }
}

/** Any response, admitted as by the loop: ids repeat, and arguments are not JSON. */
function createTextMessage({ history, turn }: RunState, random: Random): JournalEvent {
  const calls = Array.from({ length: random(5) }, (_, index) => {
    const name = random(3) === 0 ? 'pay' : 'look_up';
    return events.createCall(`call_${random(2) === 0 ? index : 0}`, {
      name,
      text: random(4) === 0 ? '{"cut' : `{"n":${random(3)}}`,
    });
  });
  const text = random(4) === 0 ? '' : 'Hello.';
  const given =
    calls.length === 0 ? events.createTextMessage(text) : { ...events.createCallMessage(...calls), content: text };
  const { message, rawArguments } = history.admit(random(20) === 0 ? { ...given, refusal: 'No.' } : given);
  const finishReason = (['stop', 'stop', 'stop', 'tool_calls', null, 'length'] as const)[random(6)] ?? null;
  const isRejected = text !== '' && random(6) === 0; // A guard checks no empty text.
  const rejection = { guard: 'kind', reason: 'be kind', maxRetries: random(3) };
  return events.createResponse(message, {
    turn: turn + 1,
    finishReason,
    rawArguments,
    ...(isRejected && { rejection }),
  });
}

interface Asked {
  readonly index: number;
  readonly call: FunctionToolCall;
  readonly position: { readonly turn: number; readonly at: number; readonly activeMs: number };
}

function answers({ index, call, position }: Asked, random: Random): readonly JournalEvent[] {
  const fingerprint = 'f';
  const { turn } = position;
  const received = { type: 'approval.answered', index, ...position } as const;
  switch (random(5)) {
    case 0:
      return [{ ...received, answer: { type: 'approve', fingerprint } }];
    case 1:
      return [{ ...received, answer: { type: 'edit', fingerprint, arguments: { n: 7 } } }];
    case 2:
      return [{ ...received, answer: { type: 'deny', fingerprint } }, events.createSkipped(call, { turn, index })];
    case 3:
      return [{ type: 'approval.expired', index, ...position }, events.createSkipped(call, { turn, index })];
  }
  const message = { role: 'user' as const, content: 'Stop.' };
  return [
    { type: 'user.interrupted', message, ...position },
    events.createSkipped(call, { turn, index, reason: 'cancelled' }),
  ];
}

function closed(
  { call, ...position }: { readonly turn: number; readonly index: number; readonly call: FunctionToolCall },
  random: Random,
): ToolCallClosedEvent {
  switch (random(6)) {
    case 0:
      return events.createFailed(call, { ...position, reason: 'invalid' });
    case 1:
      return events.createFailed(call, position);
    case 2:
      return events.createSkipped(call, { ...position, reason: 'cancelled' });
    case 3:
      return events.createFinished(call, { ...position, parts: [image] });
  }
  return random(30) === 0
    ? events.createFailed(call, { ...position, reason: 'aborted' })
    : events.createFinished(call, position);
}

function functionCall(call: { readonly type: string }): FunctionToolCall {
  if (call.type === 'function') return call as FunctionToolCall; // This model makes no others.
  throw new Error('These calls are of functions.');
}
