import type { JsonObject, Outcome, RunEvent } from '@pawl/core';
import type { AssistantMessage, Json } from '@pawl/core/chat';
import type { ErrorData, EventOf, EventType } from '@pawl/core/events';

/** What happens to a field: `true`, it leaves as it is; `false`, it stays on the server; a function returns what leaves of it. */
type Rule<Value> = boolean | ((value: NonNullable<Value>) => Json);

type Rules<Event> = { readonly [Field in Exclude<keyof Event, 'type'>]-?: Rule<Event[Field]> };

/** For each type of event, every field. A new event or a new field does not compile until it is decided here whether it leaves. */
type PublicFields = { readonly [Type in EventType]: Rules<EventOf<Type>> };

export interface PublicEventOptions {
  /** @defaultValue 'full' */
  readonly toolOutput?: 'full' | 'status';
}

/**
 * Returns what of an event leaves the server: no instructions, no whole conversations, no definitions, no state of tools; of errors only name,
 * message and code.
 */
export function toPublicEvent(event: RunEvent, { toolOutput = 'full' }: PublicEventOptions = {}): JsonObject {
  // Each rule gets the value of its own field, which the compiler cannot follow through a name.
  const rules = PUBLIC_FIELDS[event.type] as Readonly<Record<string, boolean | ((value: unknown) => Json)>>;
  // A guard has withdrawn the text.
  const isWithdrawn = event.type === 'model.responded' && event.rejection !== undefined;
  const fields: Record<string, Json> = { type: event.type };
  for (const [name, value] of Object.entries(event)) {
    if (value === undefined || name === 'type' || !Object.hasOwn(rules, name)) continue;
    if (isWithdrawn && name === 'message') continue;
    const isResult = toolOutput === 'status' && event.type.startsWith('tool.');
    if (isResult && RESULT_FIELDS.has(name)) continue;
    const rule = isResult && name === 'error' ? hideMessage : rules[name];
    if (rule === true)
      fields[name] = value as Json; // Events are JSON.
    else if (typeof rule === 'function' && value !== null) fields[name] = rule(value);
  }
  return fields;
}

/** Fields with the result of a tool. */
const RESULT_FIELDS: ReadonlySet<string> = new Set(['content', 'output', 'fullContent', 'parts', 'progress']);

/** Returns what of an outcome leaves the server. The messages of a conversation have an endpoint of their own. */
export function toPublicOutcome(outcome: Outcome<unknown>): Json {
  const shown = Object.entries(outcome).filter(([name]) => PUBLIC_OUTCOME_FIELDS[name as OutcomeField] === true);
  const error = outcome.status === 'failed' && { error: toPublicError(outcome.error) };
  // An output schema can return a value that is not JSON, such as a date: it becomes JSON when the response is written.
  return { ...Object.fromEntries(shown), ...error } as Json;
}

type OutcomeField = Outcome<unknown> extends infer Each ? (Each extends unknown ? keyof Each : never) : never;

/** For each field of an outcome, whether it leaves as it is. A new field does not compile until it is decided here. */
const PUBLIC_OUTCOME_FIELDS: Readonly<Record<OutcomeField, boolean>> = {
  runId: true,
  agent: true,
  status: true,
  messages: false,
  state: false,
  standingApprovals: false,
  usage: true,
  spentBy: false,
  usageBy: false,
  turnCount: true,
  toolCallCount: true,
  durationMs: true,
  output: true,
  text: true,
  pending: true,
  limit: true,
  max: true,
  spent: true,
  refusal: true,
  guard: true,
  reason: true,
  error: false,
  attempts: false,
};

export function toPublicError({ name, message, code }: ErrorData): Json {
  return { name, message, ...(code !== undefined && { code }) };
}

/** An error that is not about the run, or that has the result of a tool. */
function hideMessage(error: ErrorData): Json {
  const { name, code } = error;
  return { name, ...(code !== undefined && { code }) };
}

/** Leaves out what servers and Pawl add to a message, such as the blocks of its reasoning. */
function toPublicMessage({ content, refusal, tool_calls: calls, annotations }: AssistantMessage): Json {
  const shown = {
    role: 'assistant',
    content: content ?? null,
    ...(typeof refusal === 'string' && { refusal }),
    ...(calls !== undefined && { tool_calls: calls }),
    ...(annotations !== undefined && { annotations }),
  };
  return shown as unknown as Json; // A message is JSON.
}

const STAMP = {
  runId: true,
  path: true,
  agent: true,
  seq: true,
  at: true,
  position: true,
  step: true,
  replayed: true,
} as const;
const TIME = { ...STAMP, activeMs: true } as const;
const TURN = { ...TIME, turn: true } as const;
const CALL = { ...TURN, index: true, toolCallId: true, toolName: true, input: true } as const;
const NESTED = { nestedUsage: true, usageBy: false, nestedToolCallCount: true } as const;
const SPENT = { ...NESTED, middlewareUsage: true } as const;
const CLOSED = { ...CALL, ...SPENT, call: false, content: true } as const;
const ATTEMPT = { ...STAMP, turn: true, attempt: true } as const;
const LIVE_CALL = {
  ...STAMP,
  turn: true,
  index: true,
  call: false,
  toolCallId: true,
  toolName: true,
  input: true,
} as const;

const PUBLIC_FIELDS: PublicFields = {
  'run.started': {
    ...TIME,
    state: false,
    messages: false,
    input: false,
    instructions: false,
    definition: false,
    standingApprovals: false,
    startingAgent: true,
  },
  'turn.prepared': {
    ...TURN,
    ...NESTED,
    model: true,
    tools: false,
    toolChoice: false,
    modelSettings: false,
    instructions: false,
    messages: false,
    steeringMessages: true,
    memory: false,
    edits: false,
    middlewareUsage: true,
  },
  'model.responded': {
    ...TURN,
    ...NESTED,
    model: true,
    message: toPublicMessage,
    rawArguments: false,
    finishReason: true,
    mayWait: true,
    clampedByLimit: true,
    usage: true,
    rejection: ({ guard }) => ({ guard }),
    middlewareUsage: true,
    steeringMessages: true,
    failedAttempts: false,
    durationMs: true,
  },
  'model.failed': { ...TURN, ...NESTED, error: toPublicError, usage: true, failedAttempts: false },
  'request.lost': { ...TURN, model: true, usage: true, responses: false },
  'limit.exceeded': { ...TURN, ...NESTED, limit: true, max: true, spent: true, usage: true },
  'limit.approaching': { ...TURN, limit: true, max: true, spent: true, message: false },
  'model.reprompted': { ...TURN, reason: true, guard: true, message: false },
  'tool.repeated_failure': {
    ...TURN,
    tool: true,
    count: true,
    message: false,
    toolCallId: true,
    toolName: true,
    input: true,
  },
  'approval.requested': { ...CALL, pending: true, again: true, state: false, middlewareUsage: true },
  'approval.not_required': { ...CALL, standingApproval: false },
  'approval.answered': { ...CALL, answer: true, by: true, standingApproval: true },
  'approval.expired': CALL,
  'user.interrupted': { ...TURN, message: true, by: true },
  'tool.suspended': { ...CALL, ...SPENT, pending: true, suspensions: true },
  'run.suspended': { ...TURN, ...NESTED, pending: true },
  'tool.finished': {
    ...CLOSED,
    stateChange: false,
    handoffTo: true,
    durationMs: true,
    fullContent: false,
    parts: false,
    isText: true,
    lossyPaths: false,
    output: true,
  },
  'tool.failed': { ...CLOSED, durationMs: true, reason: true, error: toPublicError, guard: true },
  'tool.skipped': { ...CLOSED, reason: true, limit: true, outerLimit: true },
  'handoff.completed': {
    ...TURN,
    ...NESTED,
    state: false,
    from: true,
    to: true,
    instructions: false,
    edits: false,
    definition: false,
    middlewareUsage: true,
  },
  'output.checked': { ...TURN, ...NESTED, result: true, middlewareUsage: true },
  'run.aborted': { ...TIME, ...NESTED, reason: true, usage: true },
  'run.refused': { ...TURN, ...NESTED, reason: true, guard: true, usage: true },
  'step.finished': { ...TIME, ...NESTED, label: true, kind: true, target: true, durationMs: true, value: false },
  'step.failed': {
    ...TIME,
    ...NESTED,
    label: true,
    kind: true,
    target: true,
    durationMs: true,
    status: true,
    error: toPublicError,
  },
  'flow.ended': { ...TIME, end: ({ status }) => ({ status }) },
  'run.finished': { ...TIME, outcome: toPublicOutcome },
  'attempt.started': { ...ATTEMPT, model: true, correction: false },
  'attempt.failed': { ...ATTEMPT, model: true, error: toPublicError, retryInMs: true, counted: true },
  'text.delta': { ...ATTEMPT, delta: true },
  'reasoning.delta': { ...ATTEMPT, delta: true },
  'refusal.delta': { ...ATTEMPT, delta: true },
  'tool_call.delta': { ...ATTEMPT, index: true, name: true, toolName: true, kind: true, toolCallId: true, delta: true },
  'output.partial': { ...ATTEMPT, partial: true },
  'attempt.discarded': ATTEMPT,
  'user.steering': { ...STAMP, turn: true, message: true },
  'response.repaired': { ...STAMP, turn: true, repairs: true },
  'tool.started': LIVE_CALL,
  'tool.progress': { ...LIVE_CALL, progress: true },
  'tool.late_result': { ...LIVE_CALL, error: toPublicError },
  'listener.failed': { ...STAMP, event: true, error: hideMessage },
};
