import { onCancel } from '../base/cancellation.ts';
import { History } from '../chat/history.ts';
import { readInput } from '../chat/read-input.ts';
import type { DefinitionRecord } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import { ConversationError } from '../host/errors.ts';
import type { Host, RunRecord } from '../host/host.ts';
import { addLiveRun } from '../host/live-runs.ts';
import type { StepRunner } from '../host/step-runner.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { Budget } from '../limits/budget.ts';
import { DurationExceededError, type ResolvedLimits, resolveLimits } from '../limits/limits.ts';
import { apply } from '../loop/apply.ts';
import { initialState } from '../loop/state.ts';
import { transcript } from '../loop/transcript.ts';
import { runInScope } from '../perform/perform.ts';
import type { Scope, Teller } from '../perform/scope.ts';
import type { ResumeOptions, RunOptions } from './agent-options.ts';
import { begin } from './begin.ts';
import { type Blueprint, policyOf } from './blueprint.ts';
import { type SavedOutcome, saveConversation } from './conversation-run.ts';
import type { RunPorts } from './run.ts';

export interface Contextual {
  /** Its type is checked where `Agent` is used. */
  readonly context?: unknown;
}

export interface Attempt {
  readonly host: Host;
  readonly stepRunner: StepRunner;
  readonly record: RunRecord;
  readonly options: (RunOptions | ResumeOptions) & Contextual;
  readonly ports: RunPorts;
  readonly changes: ReadonlyMap<string, string>;
}

/** One attempt at a run, from its record to its outcome. However it ends, the host is told and no timer is left. */
export async function conduct<Output>(blueprint: Blueprint, attempt: Attempt): Promise<Outcome<Output>> {
  const { host, record, stepRunner, ports, options } = attempt;
  const { signal } = stepRunner;
  const stop = signal && onCancel(signal, () => ports.cancellation.cancel(signal.reason));
  ports.inherit([host.listeners, blueprint.listeners]);
  // Nobody can follow or resume a run that only its own memory knows.
  const isShared = options.host !== undefined;
  const hideRun = isShared ? addLiveRun(host, record.runId, ports.followed) : undefined;
  const scope = scopeOf(blueprint, attempt);
  const { clock, time } = scope;
  const definition = isShared && record.definition === undefined ? blueprint.digest() : undefined;
  let saved: SavedOutcome | undefined;
  try {
    const outcome = await runFrom(record, { blueprint, scope, definition });
    saved = await saveConversation(record, { conversation: options.conversation, outcome });
    scope.tell.fact({ type: 'run.finished', outcome, at: clock.now(), activeMs: time.activeMs }, { replayed: false });
  } finally {
    time.end();
    stop?.();
    await host.release(record.runId, saved?.outcome).finally(hideRun);
  }
  return giveOutcome<Output>(blueprint, saved);
}

interface AttemptScope {
  readonly blueprint: Blueprint;
  readonly scope: Scope;
  readonly definition: DefinitionRecord | undefined;
}

async function runFrom(record: RunRecord, from: AttemptScope): Promise<Outcome<unknown>> {
  const { scope, state } = await begin({ ...from, history: () => historyOf(record) });
  return runInScope(scope, state);
}

function scopeOf(blueprint: Blueprint, { stepRunner, record, options, ports, changes }: Attempt): Scope {
  const { definition, clock, random, settings, maxParallelToolCalls } = blueprint;
  const limits = limitsOf(blueprint, { ...record.limits, ...options.limits });
  const budget = new Budget(limits);
  const onOver = (): void => ports.cancellation.cancel(new DurationExceededError(limits.durationMs));
  const time = new ActiveTime(limits.durationMs, { clock, onExpire: onOver });
  const tell = meterTeller(ports.tellAt(''), { budget, time });
  return {
    definition,
    policy: policyOf(blueprint, limits),
    settings: { ...settings, ...options.modelSettings },
    ownSettings: options.modelSettings ?? {},
    instructions: undefined,
    runId: record.runId,
    path: '',
    traceparent: options.traceparent,
    context: options.context as never, // Its type is checked where `Agent` is used.
    cancellation: ports.cancellation,
    memo: new Map(),
    clock,
    random,
    stepRunner,
    changes,
    onVersionMismatch: 'onVersionMismatch' in options ? (options.onVersionMismatch ?? 'fail') : 'fail',
    mismatch: undefined,
    isFromBefore: tell.isFromBefore,
    known: () => initialState(History.createEmpty()),
    maxParallelToolCalls: options.maxParallelToolCalls ?? maxParallelToolCalls,
    budget,
    time,
    tell,
    tellAt: ports.tellAt,
    said: ports.said,
    streams: () => options.stream ?? ports.isHeard(),
  };
}

/** Counts what the facts have used, also those of an earlier attempt. */
export function meterTeller(
  teller: Teller,
  { budget, time }: Pick<Scope, 'budget' | 'time'>,
): Teller & Pick<Scope, 'isFromBefore'> {
  let before = 0;
  return {
    ...teller,
    fact(fact, how) {
      if ('usage' in fact && fact.usage !== undefined) budget.charge(fact.usage);
      if ('middlewareUsage' in fact && fact.middlewareUsage !== undefined) budget.charge(fact.middlewareUsage);
      if (fact.type === 'tool.finished' || fact.type === 'tool.failed') budget.chargeCall();
      if (how.replayed) time.restore(fact.activeMs);
      if (how.replayed && fact.type === 'model.responded') before = fact.turn;
      teller.fact(fact, how);
    },
    isFromBefore: (turn) => turn <= before,
  };
}

export function limitsOf({ definition, limits }: Blueprint, own: RunOptions['limits'] & object): ResolvedLimits {
  return resolveLimits({ ...limits, ...own }, { agent: definition.name, model: definition.model });
}

/** What the caller gets. @throws ConversationError if the conversation is without the run */
export async function giveOutcome<Output>(
  blueprint: Blueprint,
  { outcome, unkept }: SavedOutcome,
): Promise<Outcome<Output>> {
  const withValue = await validateOutput<Output>(blueprint, outcome);
  if (unkept === undefined) return withValue;
  throw new ConversationError({ ...unkept, outcome: withValue });
}

/** What is kept of an output is its JSON; the schema makes of it what the caller gets. */
async function validateOutput<Output>({ definition }: Blueprint, outcome: Outcome<unknown>): Promise<Outcome<Output>> {
  const { output: schema } = definition.speakers().get(outcome.agent)?.definition ?? definition;
  if (schema === undefined || !('output' in outcome)) return outcome as Outcome<Output>; // Text: `Output` is string.
  const validated = await schema.validate(outcome.output);
  return { ...outcome, output: validated.ok ? validated.value : outcome.output } as Outcome<Output>; // By its schema.
}

/** The conversation that a run begins with. Of a forked one it is what the other had at that point, and what is said then. */
function historyOf({ messages, forked, isEnqueued }: RunRecord): History {
  // An enqueued input was not checked yet.
  if (forked?.conversation === undefined) return isEnqueued ? readInput(messages) : History.from(messages);
  const { record, events, input } = forked.conversation;
  const state = events.reduce(apply, initialState(historyOf(record)));
  return readInput([...transcript(state), ...input]);
}
