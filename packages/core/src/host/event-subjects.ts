import { type Json, parseJson } from '../base/json.ts';
import { getCallArguments, getCallName, type ToolCall } from '../chat/message.ts';
import type { ToolCallFields } from '../event/event.ts';
import type { ApprovalRequestedEvent, JournalEvent, ToolFinishedEvent } from '../event/journal-event.ts';
import type { LiveEvent, ToolStartedEvent } from '../event/live-event.ts';
import { parseArguments } from '../tool/arguments.ts';

/** The agent and the tool call of an event. Looked up when the event is emitted, since both may change later. */
export interface EventSubject {
  readonly agent: string;
  readonly call: ToolCall | undefined;
}

/**
 * Tracks the active agent and the last tool calls, for a run and each nested run.
 *
 * The journal has arguments and results once. The other fields of emitted events are derived from it, equally for live and replayed events.
 */
export class EventSubjects {
  readonly #agents = new Map<string, string>();
  #calls: Map<string, readonly ToolCall[]> | undefined;

  constructor(agent: string) {
    this.#agents.set('', agent);
  }

  /** Returns the subject of an event. Must be called once for each event, in order. */
  trackSubject(path: string, event: JournalEvent | LiveEvent): EventSubject {
    if (event.type === 'run.started') this.#agents.set(path, event.agent);
    if (event.type === 'model.responded') this.#setCalls(path, event.message.tool_calls);
    const subject = { agent: this.#findAgent(path), call: this.#findCall(path, event) };
    if (event.type === 'approval.requested' || event.type === 'tool.started') this.#addCall(path, event);
    // After the lookup: the event itself belongs to the agent that hands over.
    if (event.type === 'handoff.completed') this.#agents.set(path, event.to);
    return subject;
  }

  /** Code inside a call or a step has a path without a run: it belongs to the agent of that call. */
  #findAgent(path: string): string {
    const agent = this.#agents.get(path);
    if (agent !== undefined || path === '') return agent ?? '';
    return this.#findAgent(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  }

  #setCalls(path: string, calls: readonly ToolCall[] | undefined): void {
    if (calls === undefined) this.#calls?.delete(path);
    else this.#calls = (this.#calls ?? new Map()).set(path, calls);
  }

  /** A call by the code of a flow has no response. */
  #addCall(path: string, event: ApprovalRequestedEvent | ToolStartedEvent): void {
    if (this.#calls?.get(path) !== undefined) return;
    this.#setCalls(path, [event.type === 'tool.started' ? event.call : event.pending.call]);
  }

  #findCall(path: string, event: JournalEvent | LiveEvent): ToolCall | undefined {
    if ('call' in event) return event.call;
    if (event.type === 'approval.requested') return event.pending.call;
    // The index of a `tool_call.delta` refers to a response that is not complete yet.
    return 'index' in event && event.type !== 'tool_call.delta' ? this.#calls?.get(path)?.[event.index] : undefined;
  }
}

interface Description extends Partial<ToolCallFields> {
  readonly agent: string;
  readonly output?: Json;
}

/** Derives the fields of an emitted event that the journal does not store. */
export function describeSubject(event: JournalEvent | LiveEvent, { agent, call }: EventSubject): Description {
  if (call === undefined) return { agent };
  const fields = { agent, toolCallId: call.id, toolName: getCallName(call), ...readInputField(call) };
  return event.type === 'tool.finished' ? { ...fields, output: readOutputField(event) } : fields;
}

function readInputField(call: ToolCall): { readonly input?: Json } {
  if (call.type === 'custom') return { input: call.custom.input };
  const parsed = parseArguments(getCallArguments(call));
  return parsed.ok ? { input: parsed.value as Json } : {}; // It was parsed from JSON.
}

/** Parses a result, which is stored as text. `isText` marks a text that the tool returned as text although it is valid JSON. */
export function readOutputField({ content, fullContent: full = content, isText }: ToolFinishedEvent): Json {
  if (isText === true) return full;
  const parsed = parseJson(full);
  return parsed.ok ? (parsed.value as Json) : full; // It was parsed from JSON.
}
