import type { Outcome, RunEvent } from '@pawl/core';
import type { Json, Message, ToolCall } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';

export interface MadeCall {
  readonly name: string;
  /** Parsed; of a custom tool, and where they are no JSON, the text. */
  readonly arguments: Json;
}

/** The calls that the model made, turn by turn. */
export function turnsOf(received: unknown): readonly (readonly MadeCall[])[] | undefined {
  const messages = messagesOf(received);
  return messages?.flatMap((message) => {
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [];
    return [message.tool_calls.map(callOf)];
  });
}

/** The run's own conversation; of events what the model replied. `undefined` for what is neither. */
function messagesOf(received: unknown): readonly Message[] | undefined {
  const events = eventsOf(received);
  if (events === undefined) return historyOf(received);
  // A run inside the run has a path, and a trajectory of its own; a resumed one tells its facts again.
  const replies = events.filter((event) => event.type === 'model.responded').filter(({ path }) => path === '');
  return replies.flatMap(({ turn, message }, index) =>
    replies.findIndex((event) => event.turn === turn) === index ? [message] : [],
  );
}

/** Messages that stand for a whole conversation: of events, what the run ended with. */
export function historyOf(received: unknown): readonly Message[] | undefined {
  const ended = eventsOf(received)?.findLast((event) => event.type === 'run.finished' && event.path === '');
  const given = outcomeOf(ended?.type === 'run.finished' ? ended.outcome : received)?.messages ?? received;
  if (!Array.isArray(given)) return undefined;
  const isHistory = given.every((each) => isObject(each) && typeof each['role'] === 'string');
  return isHistory ? (given as readonly Message[]) : undefined; // As far as it is looked at here.
}

function eventsOf(received: unknown): readonly RunEvent[] | undefined {
  if (!Array.isArray(received) || received.length === 0) return undefined;
  const isEvents = received.every((each) => isObject(each) && typeof each['type'] === 'string');
  return isEvents ? (received as readonly RunEvent[]) : undefined; // As above.
}

/** Also of an error that has one: what a run rejects with. */
export function outcomeOf(received: unknown): Outcome<unknown> | undefined {
  if (isOutcome(received)) return received;
  return received instanceof Error && 'outcome' in received && isOutcome(received.outcome)
    ? received.outcome
    : undefined;
}

export function isOutcome(received: unknown): received is Outcome<unknown> {
  if (typeof received !== 'object' || received === null) return false;
  return 'status' in received && 'messages' in received && 'runId' in received && Array.isArray(received.messages);
}

function callOf(call: ToolCall): MadeCall {
  if (call.type === 'custom') return { name: call.custom.name, arguments: call.custom.input };
  const { name, arguments: text } = call.function;
  return { name, arguments: readJson(text) ?? text };
}
