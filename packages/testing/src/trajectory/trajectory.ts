import type { Outcome, RunEvent } from '@pawl/core';
import type { Json, Message, ToolCall } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';

export interface TrajectoryCall {
  readonly name: string;
  /** Parsed JSON; the text itself for a custom tool and for arguments that are not JSON. */
  readonly arguments: Json;
}

/** The model's calls, turn by turn. */
export function readTurns(received: unknown): readonly (readonly TrajectoryCall[])[] | undefined {
  const messages = readMessages(received);
  return messages?.flatMap((message) => {
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [];
    return [message.tool_calls.map(readTrajectoryCall)];
  });
}

/** The messages of a run without nested runs; from events, the model's messages. `undefined` for anything else. */
function readMessages(received: unknown): readonly Message[] | undefined {
  const events = readEvents(received);
  if (events === undefined) return readHistory(received);
  // Events of a nested run have a path; a resumed run emits its journal events again.
  const responses = events.filter((event) => event.type === 'model.responded').filter(({ path }) => path === '');
  return responses.flatMap(({ turn, message }, index) =>
    responses.findIndex((event) => event.turn === turn) === index ? [message] : [],
  );
}

/** The messages of a whole conversation; from events, those of the outcome. */
export function readHistory(received: unknown): readonly Message[] | undefined {
  const ended = readEvents(received)?.findLast((event) => event.type === 'run.finished' && event.path === '');
  const given = readOutcome(ended?.type === 'run.finished' ? ended.outcome : received)?.messages ?? received;
  if (!Array.isArray(given)) return undefined;
  const isHistory = given.every((each) => isObject(each) && typeof each['role'] === 'string');
  return isHistory ? (given as readonly Message[]) : undefined; // Further fields are not used here.
}

function readEvents(received: unknown): readonly RunEvent[] | undefined {
  if (!Array.isArray(received) || received.length === 0) return undefined;
  const isEvents = received.every((each) => isObject(each) && typeof each['type'] === 'string');
  return isEvents ? (received as readonly RunEvent[]) : undefined; // As above.
}

/** Also reads the outcome of an error, which a run rejects with. */
export function readOutcome(received: unknown): Outcome<unknown> | undefined {
  if (isOutcome(received)) return received;
  return received instanceof Error && 'outcome' in received && isOutcome(received.outcome)
    ? received.outcome
    : undefined;
}

export function isOutcome(received: unknown): received is Outcome<unknown> {
  if (typeof received !== 'object' || received === null) return false;
  return 'status' in received && 'messages' in received && 'runId' in received && Array.isArray(received.messages);
}

function readTrajectoryCall(call: ToolCall): TrajectoryCall {
  if (call.type === 'custom') return { name: call.custom.name, arguments: call.custom.input };
  const { name, arguments: text } = call.function;
  return { name, arguments: readJson(text) ?? text };
}
