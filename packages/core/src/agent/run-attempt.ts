import { onCancel } from '../base/cancellation.ts';
import type { JsonObject } from '../base/json.ts';
import { History } from '../chat/history.ts';
import { readInput } from '../chat/read-input.ts';
import type { DefinitionRecord } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import { reportFailure } from '../event/report-failure.ts';
import { ConversationError } from '../host/errors.ts';
import type { Host, RunRecord } from '../host/host.ts';
import { addLiveRun, type LiveBudget } from '../host/live-runs.ts';
import type { StepRunner } from '../host/step-runner.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { Budget } from '../limits/budget.ts';
import { DurationExceededError, type ResolvedLimits, resolveLimits } from '../limits/limits.ts';
import { apply } from '../loop/apply.ts';
import { createState } from '../loop/state.ts';
import { buildTranscript } from '../loop/transcript.ts';
import { guardWireLogs, type WireLog } from '../model/wire-log.ts';
import { EndCallbacks } from '../perform/end-callbacks.ts';
import { combineInstrumentations, type InstrumentedRun, type RunSpan } from '../perform/instrumentation.ts';
import { HookGuard } from '../perform/run-hook.ts';
import type { EventSink, Scope } from '../perform/scope.ts';
import type { ResumeOptions, RunOptions } from './agent-options.ts';
import { begin } from './begin.ts';
import { type Blueprint, getPolicy, type RunInput } from './blueprint.ts';
import { type SavedOutcome, saveConversation } from './conversation-run.ts';
import type { RunPorts } from './run.ts';

export interface Contextual {
  /** The context value. `Agent` checks its type. */
  readonly context?: unknown;
}

export interface RunAttempt {
  readonly host: Host;
  readonly stepRunner: StepRunner;
  readonly record: RunRecord;
  readonly options: (RunOptions | ResumeOptions) & Contextual;
  readonly ports: RunPorts;
  readonly changedTools: ReadonlyMap<string, string>;
  /** Absent if nothing instruments the run. */
  readonly instrumented: InstrumentedRun | undefined;
}

/** Makes one attempt at a run, from its record to its outcome. Always releases the run and its timers. */
export async function runAttempt<Output>(blueprint: Blueprint, attempt: RunAttempt): Promise<Outcome<Output>> {
  const { host, record, stepRunner, ports, options } = attempt;
  const { signal } = stepRunner;
  const stop = signal && onCancel(signal, () => ports.cancellation.cancel(signal.reason));
  ports.inherit([host.listeners, blueprint.listeners]);
  attempt.instrumented?.guard.begin();
  // Without a host option the run exists only in its own memory: nothing can follow or resume it.
  const isShared = options.host !== undefined;
  const scope = createScope(blueprint, attempt);
  const { clock, time, budget } = scope;
  const { limits } = scope.policy;
  const readBudget = (): LiveBudget => ({ limits, reserved: budget.reserved, activeMs: time.activeMs });
  const hideRun = isShared ? addLiveRun(host, record.runId, { ...ports.followedRun, readBudget }) : undefined;
  const definition = isShared && record.definition === undefined ? blueprint.getDefinitionRecord() : undefined;
  let saved: SavedOutcome | undefined;
  try {
    const outcome = await runFrom(record, { blueprint, scope, definition }).finally(() => {
      time.end();
      return scope.endCallbacks.callAll();
    });
    saved = await saveConversation(record, { conversation: options.conversation, outcome });
    scope.events.emitJournalEvent(
      { type: 'run.finished', outcome, at: clock.now(), activeMs: time.activeMs },
      { replayed: false },
    );
  } finally {
    stop?.();
    await host.release(record.runId, saved?.outcome).finally(hideRun);
  }
  return resolveOutcome<Output>(blueprint, saved);
}

/** Describes an attempt for the instrumentation of the run and of the agent; `undefined` if there is none. */
export function createInstrumentedRun(
  { instrumentation: own, definition, settings, clock }: Blueprint,
  options: RunAttempt['options'],
  attempt: Pick<RunSpan, 'record' | 'isResumed' | 'attemptId'> &
    Pick<RunAttempt, 'ports'> & { readonly suspendedMs: number | undefined },
): InstrumentedRun | undefined {
  const instrumentation = combineInstrumentations(options.instrumentation, own);
  if (instrumentation === undefined) return undefined;
  const { record, isResumed, attemptId, suspendedMs, ports } = attempt;
  const { traceparent, tracestate, modelSettings } = options;
  const span: RunSpan = {
    runId: record.runId,
    path: '',
    agent: definition.identity,
    modelSettings: modelSettings === undefined ? settings : { ...settings, ...modelSettings },
    record,
    isResumed,
    attemptId,
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    ...(suspendedMs !== undefined && { suspendedMs }),
  };
  return { instrumentation, span, guard: new HookGuard(clock, ports.createEventSink('')) };
}

interface AttemptScope {
  readonly blueprint: Blueprint;
  readonly scope: Scope;
  readonly definition: DefinitionRecord | undefined;
}

async function runFrom(record: RunRecord, from: AttemptScope): Promise<Outcome<unknown>> {
  const { blueprint } = from;
  const { conversation } = record;
  const given = { readInput: () => restoreInput(record, blueprint), state: restoreState(record), conversation };
  return blueprint.head(await begin({ ...from, ...given }));
}

function createScope(blueprint: Blueprint, attempt: RunAttempt): Scope {
  const { stepRunner, record, options, ports, changedTools, instrumented } = attempt;
  const { definition, clock, random, settings, maxParallelToolCalls } = blueprint;
  const limits = resolveRunLimits(blueprint, { ...record.limits, ...options.limits });
  const budget = new Budget(limits);
  const onExpire = (): void => ports.cancellation.cancel(new DurationExceededError(limits.durationMs));
  const time = new ActiveTime(limits.durationMs, { clock, onExpire });
  const events = createMeteredSink(ports.createEventSink(''), { budget, time });
  return {
    definition,
    policy: getPolicy(blueprint, limits),
    settings: { ...settings, ...options.modelSettings },
    runSettings: options.modelSettings ?? {},
    instructions: undefined,
    runId: record.runId,
    path: '',
    traceparent: options.traceparent,
    tracestate: options.tracestate,
    instrumented,
    wireLog: combineWireLogs(blueprint.wireLog, options.wireLog, events),
    context: options.context as never, // `Agent` checks its type.
    cancellation: ports.cancellation,
    endCallbacks: new EndCallbacks(events, clock),
    memo: new Map(),
    clock,
    random,
    stepRunner,
    changedTools,
    onVersionMismatch: 'onVersionMismatch' in options ? (options.onVersionMismatch ?? 'fail') : 'fail',
    versionError: undefined,
    isFromEarlierAttempt: events.isFromEarlierAttempt,
    getState: () => createState(History.createEmpty()),
    maxParallelToolCalls: options.maxParallelToolCalls ?? maxParallelToolCalls,
    budget,
    time,
    events,
    createEventSink: ports.createEventSink,
    getSteering: ports.getSteering,
    isInsideCall: false,
    shouldStream: () => options.stream ?? ports.hasDeltaListener(),
  };
}

/** Combines the wire logs of the agent and of the run. One that fails is reported like a listener. */
function combineWireLogs(agent: WireLog | undefined, run: WireLog | undefined, events: EventSink): WireLog | undefined {
  if (agent === undefined && run === undefined) return undefined;
  return guardWireLogs([agent, run], (method, error) => reportFailure(events, `wireLog.${method}`, error));
}

/** Charges the usage of each journal event to the budget, including replayed events. */
export function createMeteredSink(
  sink: EventSink,
  { budget, time }: Pick<Scope, 'budget' | 'time'>,
): EventSink & Pick<Scope, 'isFromEarlierAttempt'> {
  let lastReplayedTurn = 0;
  return {
    ...sink,
    emitJournalEvent(event, how) {
      if ('usage' in event && event.usage !== undefined) budget.charge(event.usage);
      if ('middlewareUsage' in event && event.middlewareUsage !== undefined) budget.charge(event.middlewareUsage);
      if (event.type === 'tool.finished' || event.type === 'tool.failed') budget.chargeCall();
      if (how.replayed) time.restore(event.activeMs);
      if (how.replayed && event.type === 'model.responded') lastReplayedTurn = event.turn;
      sink.emitJournalEvent(event, how);
    },
    isFromEarlierAttempt: (turn) => turn <= lastReplayedTurn,
  };
}

export function resolveRunLimits(
  { definition, limits }: Blueprint,
  own: RunOptions['limits'] & object,
): ResolvedLimits {
  return resolveLimits({ ...limits, ...own }, { agent: definition.name, model: definition.model });
}

/** Returns the outcome for the caller. @throws ConversationError if the conversation does not contain the messages of the run */
export async function resolveOutcome<Output>(
  blueprint: Blueprint,
  { outcome, unkept }: SavedOutcome,
): Promise<Outcome<Output>> {
  const withValue = await validateOutput<Output>(blueprint, outcome);
  if (unkept === undefined) return withValue;
  throw new ConversationError({ ...unkept, outcome: withValue });
}

/** Applies the output schema again: the journal has the JSON before the schema transforms it. */
export async function validateOutput<Output>(
  { definition }: Blueprint,
  outcome: Outcome<unknown>,
): Promise<Outcome<Output>> {
  const { output: schema } = definition.speakers().get(outcome.agent)?.speaker.definition ?? definition;
  if (schema === undefined || !('output' in outcome)) return outcome as Outcome<Output>; // Text: `Output` is string.
  const validated = await schema.validate(outcome.output);
  return { ...outcome, output: validated.ok ? validated.value : outcome.output } as Outcome<Output>; // By its schema.
}

/** Restores the input of a run. A queued run of a flow may have its input as a text. */
function restoreInput(record: RunRecord, blueprint: Blueprint): RunInput {
  return blueprint.restoreInput?.(record) ?? { history: restoreHistory(record) };
}

/** Restores the state that a run begins with: that of its record, or of the other run at the point where it was forked. */
function restoreState({ state, forked }: RunRecord): JsonObject | undefined {
  if (forked?.conversation === undefined) return state;
  const { record, events } = forked.conversation;
  const folded = events.reduce(apply, createState(restoreHistory(record)));
  return folded.remembered?.value ?? restoreState(record);
}

/** Restores the history that a run begins with. A forked run begins with the messages of the other run at that point, and its own input. */
function restoreHistory({ messages, forked, isEnqueued }: RunRecord): History {
  // The input of an enqueued run was not checked before.
  if (forked?.conversation === undefined) return isEnqueued ? readInput(messages) : History.from(messages);
  const { record, events, input } = forked.conversation;
  const state = events.reduce(apply, createState(restoreHistory(record)));
  return readInput([...buildTranscript(state), ...input]);
}
