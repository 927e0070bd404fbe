import type { JsonObject } from '../base/json.ts';
import type { ErrorData } from './error-data.ts';
import type { EventOf, EventType, RunEvent } from './event.ts';
import type { Outcome } from './outcome.ts';
import type { Usage } from './usage.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Pieces of a stream. A line for each would say nothing, and a listener to them makes requests stream. */
type PieceType = 'text.delta' | 'reasoning.delta' | 'refusal.delta' | 'tool_call.delta' | 'output.partial';

type LoggedType = Exclude<EventType, PieceType>;

/** How events of one type are logged. */
interface LogRule<Event> {
  readonly level: LogLevel | ((event: Event) => LogLevel);
  /** Picks what a line has without content. Each field is named here, so that a new field of an event is not logged by itself. */
  readonly pick: (event: Event) => JsonObject;
}

type LogRules = { readonly [Type in LoggedType]: LogRule<EventOf<Type>> };

const LOG_RULES: LogRules = {
  'run.started': { level: 'info', pick: ({ messages }) => ({ messageCount: messages.length }) },
  'run.suspended': { level: 'info', pick: ({ turn, pending }) => ({ turn, pending: [...pending] }) },
  'run.aborted': { level: 'warn', pick: ({ usage }) => (usage === undefined ? {} : { usage: pickUsage(usage) }) },
  'run.refused': { level: 'warn', pick: ({ turn, guard }) => ({ turn, ...(guard !== undefined && { guard }) }) },
  'run.finished': {
    level: ({ outcome }) => OUTCOME_LEVELS[outcome.status],
    pick: ({ outcome }) => pickOutcome(outcome),
  },
  'turn.prepared': { level: 'debug', pick: ({ turn, model, tools }) => ({ turn, model, toolCount: tools.length }) },
  'attempt.started': { level: 'debug', pick: pickAttempt },
  'attempt.failed': {
    level: 'warn',
    pick: ({ error, retryInMs, ...event }) => ({
      ...pickAttempt(event),
      error: pickError(error),
      ...(retryInMs !== undefined && { retryInMs }),
    }),
  },
  'attempt.discarded': { level: 'debug', pick: ({ turn, attempt }) => ({ turn, attempt }) },
  'model.responded': {
    level: 'info',
    pick: ({ turn, model, finishReason, message, usage, durationMs, rejection }) => ({
      ...{ turn, model, finishReason, durationMs },
      toolCallCount: message.tool_calls?.length ?? 0,
      usage: pickUsage(usage),
      ...(rejection !== undefined && { rejectedBy: rejection.guard }),
    }),
  },
  'model.failed': {
    level: 'error',
    pick: ({ turn, error, failedAttempts }) => ({ turn, error: pickError(error), attempts: failedAttempts.length }),
  },
  'request.lost': { level: 'warn', pick: ({ turn, model, usage }) => ({ turn, model, usage: pickUsage(usage) }) },
  'model.reprompted': {
    level: 'warn',
    pick: ({ turn, reason, guard }) => ({ turn, reason, ...(guard !== undefined && { guard }) }),
  },
  'response.repaired': {
    level: 'warn',
    pick: ({ turn, repairs }) => ({ turn, repairs: repairs.map(({ path }) => path) }),
  },
  'output.checked': {
    level: ({ result }) => (result.ok ? 'debug' : 'warn'),
    pick: ({ turn, result }) => ({ turn, ok: result.ok }),
  },
  'approval.requested': {
    level: 'info',
    pick: ({ pending, ...event }) => ({ ...pickCall(event), pendingId: pending.id, reason: pending.reason }),
  },
  'approval.not_required': { level: 'debug', pick: pickCall },
  'approval.answered': { level: 'info', pick: ({ answer, ...event }) => ({ ...pickCall(event), answer: answer.type }) },
  'approval.expired': { level: 'warn', pick: pickCall },
  'tool.started': { level: 'debug', pick: pickCall },
  'tool.progress': { level: 'debug', pick: pickCall },
  'tool.finished': { level: 'info', pick: ({ durationMs, ...event }) => ({ ...pickCall(event), durationMs }) },
  'tool.failed': {
    level: 'warn',
    pick: ({ reason, error, durationMs, ...event }) => ({
      ...pickCall(event),
      ...{ reason, durationMs },
      error: pickError(error),
    }),
  },
  'tool.skipped': {
    level: 'warn',
    pick: ({ reason, limit, ...event }) => ({ ...pickCall(event), reason, ...(limit !== undefined && { limit }) }),
  },
  'tool.suspended': {
    level: 'info',
    pick: ({ pending, ...event }) => ({ ...pickCall(event), pending: pending.map(({ id }) => id) }),
  },
  'tool.late_result': {
    level: 'warn',
    pick: ({ error, ...event }) => ({ ...pickCall(event), ...(error !== undefined && { error: pickError(error) }) }),
  },
  'user.interrupted': { level: 'info', pick: ({ turn }) => ({ turn }) },
  'user.steering': { level: 'info', pick: ({ turn }) => ({ turn }) },
  'step.finished': { level: 'info', pick: ({ label, kind, durationMs }) => ({ label, kind, durationMs }) },
  'step.failed': {
    level: 'warn',
    pick: ({ label, kind, durationMs, status, error }) => ({
      ...{ label, kind, durationMs },
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error: pickError(error) }),
    }),
  },
  'flow.ended': { level: 'debug', pick: ({ end }) => ({ status: end.status }) },
  'handoff.completed': { level: 'info', pick: ({ turn, from, to }) => ({ turn, from, to }) },
  'limit.approaching': { level: 'warn', pick: pickLimit },
  'limit.exceeded': { level: 'warn', pick: pickLimit },
  'tool.repeated_failure': { level: 'warn', pick: ({ turn, tool, count }) => ({ turn, toolName: tool, count }) },
  'listener.failed': { level: 'error', pick: ({ event, error }) => ({ listensTo: event, error: pickError(error) }) },
};

const OUTCOME_LEVELS: Readonly<Record<Outcome['status'], LogLevel>> = {
  completed: 'info',
  suspended: 'info',
  limited: 'warn',
  truncated: 'warn',
  filtered: 'warn',
  refused: 'warn',
  aborted: 'warn',
  failed: 'error',
};

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** The types of events that can have a line at this level or a higher one. */
export function findLoggedTypes(least: LogLevel): readonly EventType[] {
  return Object.entries(LOG_RULES).flatMap(([type, { level }]) =>
    // The keys of the table are the event types.
    typeof level === 'function' || RANKS[level] >= RANKS[least] ? [type as EventType] : [],
  );
}

/** What a line is made of. */
export interface LogRecord {
  /** As in ISO 8601, in UTC. */
  readonly time: string;
  readonly level: LogLevel;
  readonly fields: JsonObject;
}

/** Returns `undefined` for an event that has no line at this level. */
export function buildLogRecord(event: RunEvent, least: LogLevel): LogRecord | undefined {
  // The rule of a type takes the events of that type.
  const rule = (LOG_RULES as Readonly<Record<string, LogRule<RunEvent>>>)[event.type];
  if (rule === undefined) return undefined;
  const level = typeof rule.level === 'function' ? rule.level(event) : rule.level;
  if (RANKS[level] < RANKS[least]) return undefined;
  const { type, runId, path, agent, at } = event;
  const place = { event: type, runId, ...(path !== '' && { path }), agent };
  return { time: new Date(at).toISOString(), level, fields: { ...place, ...rule.pick(event) } };
}

function pickCall({ turn, index, toolName, toolCallId }: CallFields): JsonObject {
  return { turn, index, toolName, toolCallId };
}

type CallFields = Pick<EventOf<'tool.started'>, 'turn' | 'index' | 'toolName' | 'toolCallId'>;

function pickAttempt({
  turn,
  attempt,
  model,
}: Pick<EventOf<'attempt.started'>, 'turn' | 'attempt' | 'model'>): JsonObject {
  return { turn, attempt, model };
}

function pickLimit({ turn, limit, max, spent }: EventOf<'limit.approaching' | 'limit.exceeded'>): JsonObject {
  return { turn, limit, max, spent };
}

/** The message is left out: it can quote what a user wrote, and a server can repeat a request in it. */
function pickError({ name, code, details }: ErrorData): JsonObject {
  const status = details?.['status'];
  const requestId = details?.['requestId'];
  return {
    name,
    ...(code !== undefined && { code }),
    ...(typeof status === 'number' && { status }),
    ...(typeof requestId === 'string' && { requestId }),
  };
}

function pickUsage({ requests, inputTokens, cachedInputTokens, outputTokens, cost, estimated }: Usage): JsonObject {
  return { requests, inputTokens, cachedInputTokens, outputTokens, cost, ...(estimated && { estimated }) };
}

function pickOutcome(outcome: Outcome<unknown>): JsonObject {
  const { status, turnCount, toolCallCount, durationMs, usage } = outcome;
  return {
    ...{ status, turnCount, toolCallCount, durationMs },
    usage: pickUsage(usage),
    ...(outcome.status === 'failed' && { error: pickError(outcome.error) }),
    ...(outcome.status === 'limited' && { limit: outcome.limit, max: outcome.max, spent: outcome.spent }),
    ...(outcome.status === 'suspended' && { pending: outcome.pending.map(({ id }) => id) }),
    ...(outcome.status === 'refused' && outcome.guard !== undefined && { guard: outcome.guard }),
  };
}
