import { checkHistory } from '@pawl/testing';
import { expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import { type Random, seeded, shuffled } from '../../../../test/loop/random.ts';
import type { FunctionToolCall, UserPart } from '../chat/message.ts';
import type { JournalEvent, ToolCallClosedEvent } from '../event/journal-event.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { RunState } from './state.ts';
import { outcomeOf } from './transcript.ts';

const image: UserPart = { type: 'image_url', image_url: { url: 'https://a.test/1.png' } };

test('whatever happens in a run, its messages can be sent after every single fact', () => {
  for (let seed = 1; seed <= 250; seed++) {
    const random = seeded(seed);
    let state = facts.stateAfter();
    for (let i = 0; i < 40; i++) {
      const happened = next(state, random);
      if (happened === undefined) break;
      for (const fact of happened) {
        state = apply(state, fact);
        const outcome = outcomeOf(state, {
          conclusion: { status: 'aborted', reason: 'enough' },
          runId: 'run',
          agent: 'agent',
        });
        expect({ seed, fact, faults: checkHistory(outcome.messages) }).toEqual({ seed, fact, faults: [] });
      }
    }
  }
});

const policy = facts.policy({
  limits: { turns: 12, toolCalls: 15 },
  hasOutput: true,
  maxOutputRetries: 3,
  correctionsOf: () => 20,
  mayWait: (tool) => tool === 'pay',
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
      return [said(state, random)];
    case 'tell':
      return [{ ...action.fact, ...times }];
    case 'check-output':
      return [
        {
          type: 'output.checked',
          ...position,
          result: random(2) ? { ok: true, value: 1 } : { ok: false, issues: 'no' },
        },
      ];
    case 'check-calls':
      return shuffled(action.calls, random).map(({ index, call }) => {
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
        facts.skipped(functionCall(call), { turn: state.turn, index, reason: 'limit' }),
      );
    case 'hand-over':
      return [{ type: 'handoff.completed', ...position, from: 'agent', to: action.to, definition: { tools: {} } }];
    case 'run-calls':
      return shuffled(action.calls, random).map(({ index, call }) =>
        closed({ index, turn: state.turn, call: functionCall(call) }, random),
      );
  }
}

/** Any reply, admitted as the loop does it: ids come again and again, arguments are no JSON. */
function said({ history, turn }: RunState, random: Random): JournalEvent {
  const calls = Array.from({ length: random(5) }, (_, index) => {
    const name = random(3) === 0 ? 'pay' : 'look_up';
    return facts.call(`call_${random(2) === 0 ? index : 0}`, {
      name,
      text: random(4) === 0 ? '{"cut' : `{"n":${random(3)}}`,
    });
  });
  const text = random(4) === 0 ? '' : 'Hello.';
  const given = calls.length === 0 ? facts.said(text) : { ...facts.asked(...calls), content: text };
  const { message, rawArguments } = history.admit(random(20) === 0 ? { ...given, refusal: 'No.' } : given);
  const finishReason = (['stop', 'stop', 'stop', 'tool_calls', null, 'length'] as const)[random(6)] ?? null;
  const isRejected = text !== '' && random(6) === 0; // A guard checks no empty text.
  const rejection = { guard: 'kind', reason: 'be kind', maxRetries: random(3) };
  return facts.replied(message, { turn: turn + 1, finishReason, rawArguments, ...(isRejected && { rejection }) });
}

interface Asked {
  readonly index: number;
  readonly call: FunctionToolCall;
  readonly position: { readonly turn: number; readonly at: number; readonly activeMs: number };
}

function answers({ index, call, position }: Asked, random: Random): readonly JournalEvent[] {
  const fingerprint = 'f';
  const { turn } = position;
  const told = { type: 'approval.answered', index, ...position } as const;
  switch (random(5)) {
    case 0:
      return [{ ...told, answer: { type: 'approve', fingerprint } }];
    case 1:
      return [{ ...told, answer: { type: 'edit', fingerprint, arguments: { n: 7 } } }];
    case 2:
      return [{ ...told, answer: { type: 'deny', fingerprint } }, facts.skipped(call, { turn, index })];
    case 3:
      return [{ type: 'approval.expired', index, ...position }, facts.skipped(call, { turn, index })];
  }
  const message = { role: 'user' as const, content: 'Stop.' };
  return [
    { type: 'user.interrupted', message, ...position },
    facts.skipped(call, { turn, index, reason: 'cancelled' }),
  ];
}

function closed(
  { call, ...position }: { readonly turn: number; readonly index: number; readonly call: FunctionToolCall },
  random: Random,
): ToolCallClosedEvent {
  switch (random(6)) {
    case 0:
      return facts.failed(call, { ...position, reason: 'invalid' });
    case 1:
      return facts.failed(call, position);
    case 2:
      return facts.skipped(call, { ...position, reason: 'cancelled' });
    case 3:
      return facts.finished(call, { ...position, parts: [image] });
  }
  return random(30) === 0 ? facts.failed(call, { ...position, reason: 'aborted' }) : facts.finished(call, position);
}

function functionCall(call: { readonly type: string }): FunctionToolCall {
  if (call.type === 'function') return call as FunctionToolCall; // This model makes no others.
  throw new Error('These calls are of functions.');
}
