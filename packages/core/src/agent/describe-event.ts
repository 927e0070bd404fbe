import { type Json, parseJson } from '../base/json.ts';
import { callArguments, callName, type ToolCall } from '../chat/message.ts';
import type { CallFields, RunEvent } from '../event/event.ts';
import type { Fact, ToolFinished } from '../event/fact.ts';
import type { Notice } from '../event/notice.ts';
import { parseArguments } from '../tool/arguments.ts';

/** Who acts in an event, and the call that it is about. Looked up when the event happens, since both may change later. */
export interface EventSubject {
  readonly agent: string;
  readonly call: ToolCall | undefined;
}

/** An event before it is made into what listeners get: most runs have journal events that nobody looks at. */
export interface Emission {
  readonly seq: number;
  readonly at: number;
  readonly path: string;
  readonly replayed: boolean;
  readonly event: Fact | Notice;
  readonly subject: EventSubject;
  made?: RunEvent;
}

/**
 * Remembers, for a run and for each run inside it, which agent speaks and which calls the model made last.
 *
 * The journal holds arguments and results once. What emitted events say beyond it is derived here, alike for live and replayed events.
 */
export class EventSubjects {
  readonly #agents = new Map<string, string>();
  readonly #calls = new Map<string, readonly ToolCall[]>();

  constructor(agent: string) {
    this.#agents.set('', agent);
  }

  /** Call this once for each journal event, in order. */
  subjectOf(path: string, event: Fact | Notice): EventSubject {
    if (event.type === 'run.started') this.#agents.set(path, event.agent);
    if (event.type === 'model.replied') this.#calls.set(path, event.message.tool_calls ?? NO_CALLS);
    const subject = { agent: this.#agents.get(path) ?? '', call: this.#callOf(path, event) };
    // The event itself still belongs to the agent that hands over.
    if (event.type === 'agent.changed') this.#agents.set(path, event.to);
    return subject;
  }

  #callOf(path: string, event: Fact | Notice): ToolCall | undefined {
    if ('call' in event) return event.call;
    if (event.type === 'approval.requested') return event.pending.call;
    // `model.call` counts the calls of a response that is still arriving.
    return 'index' in event && event.type !== 'model.call' ? this.#calls.get(path)?.[event.index] : undefined;
  }
}

const NO_CALLS: readonly ToolCall[] = [];

interface Description extends Partial<CallFields> {
  readonly agent: string;
  readonly output?: Json;
}

/** The fields that an emitted event has beside the ones that its journal or its origin has. */
export function describe(event: Fact | Notice, { agent, call }: EventSubject): Description {
  if (call === undefined) return { agent };
  const fields = { agent, toolCallId: call.id, toolName: callName(call), ...inputOf(call) };
  return event.type === 'tool.finished' ? { ...fields, output: outputOf(event) } : fields;
}

function inputOf(call: ToolCall): { readonly input?: Json } {
  if (call.type === 'custom') return { input: call.custom.input };
  const parsed = parseArguments(callArguments(call));
  return parsed.ok ? { input: parsed.value as Json } : {}; // Parsed from JSON.
}

/** A result is stored as text; `isText` says that the tool gave exactly that text, although it reads as JSON. */
function outputOf({ content, full = content, isText }: ToolFinished): Json {
  if (isText === true) return full;
  const parsed = parseJson(full);
  return parsed.ok ? (parsed.value as Json) : full; // As above.
}
