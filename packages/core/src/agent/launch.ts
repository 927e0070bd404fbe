import { DurableError } from '../base/errors.ts';
import { History } from '../chat/history.ts';
import type { Durable, DurableHost, RunRecord } from '../durable/durable.ts';
import { memory } from '../durable/memory.ts';
import type { Outcome } from '../event/outcome.ts';
import { ActiveTime } from '../loop/active-time.ts';
import { Budget } from '../loop/budget.ts';
import { DurationReached, type ResolvedLimits, resolveLimits } from '../loop/limits.ts';
import { runLoop } from '../loop/loop.ts';
import type { Policy } from '../loop/policy.ts';
import type { Scope } from '../loop/scope.ts';
import { initialState } from '../loop/state.ts';
import { outcomeOf } from '../loop/transcript.ts';
import type { Input, ResumeOptions, RunOptions } from './agent-options.ts';
import { checkResumeOptions, checkRunOptions, checkSettings } from './check-options.ts';
import { type Blueprint, whole } from './define.ts';
import { readInput } from './read-input.ts';
import { resolveInstructions } from './resolve-instructions.ts';
import { Run, type RunPorts } from './run.ts';

/** How a run begins. */
export type Beginning =
  | { readonly type: 'start'; readonly input: Input; readonly options: RunOptions & Contextual }
  | { readonly type: 'resume'; readonly runId: string; readonly options: ResumeOptions & Contextual };

interface Contextual {
  /** Its type is checked where `Agent` is used. */
  readonly context?: unknown;
}

/** Makes the `Run`. What can be refused before anything is done is thrown here, at once. */
export function launch<Output>(blueprint: Blueprint, beginning: Beginning): Run<Output> {
  const { options } = beginning;
  const { definition, clock } = blueprint;
  if (beginning.type === 'start') checkRunOptions(options, definition.name);
  else checkResumeOptions(options, definition.name);
  checkSettings(options.settings ?? {}, definition.name);
  if (options.parallelToolCalls !== undefined) {
    whole(options.parallelToolCalls, { agent: definition.name, field: 'parallelToolCalls', least: 1 });
  }
  limitsOf(blueprint, options.limits ?? {});
  const body =
    beginning.type === 'start' ? starting<Output>(blueprint, beginning) : resuming<Output>(blueprint, beginning);
  return new Run<Output>({ ...body, clock, signal: options.signal });
}

interface Prepared<Output> {
  readonly id: string;
  readonly body: (ports: RunPorts) => Promise<Outcome<Output>>;
}

function starting<Output>(
  blueprint: Blueprint,
  { input, options }: Extract<Beginning, { type: 'start' }>,
): Prepared<Output> {
  const { definition, clock, limits } = blueprint;
  const id = options.runId ?? crypto.randomUUID();
  const host = options.durable ?? memory({ clock });
  const history = readInput(input);
  const { durationMs } = limitsOf(blueprint, options.limits ?? {});
  const body = async (ports: RunPorts): Promise<Outcome<Output>> => {
    const { context } = options;
    const resolved = await resolveInstructions(blueprint.instructions, { ...ports, context, clock, durationMs });
    if (resolved.type === 'ended') {
      const { conclusion, activeMs } = resolved;
      const outcome = outcomeOf({ ...initialState(history), activeMs }, { conclusion, runId: id });
      ports.tell.fact({ type: 'run.finished', outcome, at: clock.now(), activeMs }, { replayed: false });
      return outcome as Outcome<Output>; // None of these endings has an output.
    }
    const { text: instructions } = resolved;
    const record: RunRecord = {
      runId: id,
      agent: definition.name,
      messages: history.messages,
      ...(instructions === undefined ? {} : { instructions }),
      limits: { ...limits, ...options.limits },
      metadata: options.metadata ?? {},
      at: clock.now(),
    };
    const durable = await host.start(record);
    return conduct<Output>(blueprint, { host, durable, record, options, ports, replayed: false });
  };
  return { id, body };
}

function resuming<Output>(
  blueprint: Blueprint,
  { runId, options }: Extract<Beginning, { type: 'resume' }>,
): Prepared<Output> {
  const host = options.durable;
  const body = async (ports: RunPorts): Promise<Outcome<Output>> => {
    const { record, durable, outcome } = await host.open(runId);
    if (record.agent !== blueprint.definition.name) {
      await host.release(runId, outcome);
      throw new DurableError(
        `Run "${runId}" is one of agent "${record.agent}", not of "${blueprint.definition.name}". Resume it with that agent.`,
        { code: 'run.agent' },
      );
    }
    if (outcome !== undefined) {
      const times = { at: blueprint.clock.now(), activeMs: outcome.durationMs };
      ports.tell.fact({ type: 'run.finished', outcome, ...times }, { replayed: true });
      return withOutput<Output>(blueprint, outcome);
    }
    return conduct<Output>(blueprint, { host, durable, record, options, ports, replayed: true });
  };
  return { id: runId, body };
}

interface Conducting {
  readonly host: DurableHost;
  readonly durable: Durable;
  readonly record: RunRecord;
  readonly options: (RunOptions | ResumeOptions) & Contextual;
  readonly ports: RunPorts;
  readonly replayed: boolean;
}

/** One attempt at a run, from its record to its outcome. However it ends, the host is told and no timer is left. */
async function conduct<Output>(blueprint: Blueprint, conducting: Conducting): Promise<Outcome<Output>> {
  const { host, record, replayed } = conducting;
  const scope = scopeOf(blueprint, conducting);
  const { clock, time } = scope;
  let outcome: Outcome<unknown> | undefined;
  try {
    const { agent, messages, instructions, at } = record;
    const started = { type: 'run.started' as const, agent, messages, at, activeMs: 0 };
    scope.tell.fact(instructions === undefined ? started : { ...started, instructions }, { replayed });
    outcome = await runLoop(initialState(History.from(messages)), scope);
    scope.tell.fact({ type: 'run.finished', outcome, at: clock.now(), activeMs: time.activeMs }, { replayed: false });
  } finally {
    time.end();
    await host.release(record.runId, outcome);
  }
  return withOutput<Output>(blueprint, outcome);
}

function scopeOf(blueprint: Blueprint, { durable, record, options, ports }: Conducting): Scope {
  const { definition, clock, random, settings, parallelToolCalls } = blueprint;
  const limits = limitsOf(blueprint, { ...record.limits, ...options.limits });
  const budget = new Budget(limits);
  const onOver = (): void => ports.abort(new DurationReached('The time of the run is over.'));
  const time = new ActiveTime(limits.durationMs, { clock, onOver });
  const { instructions } = record;
  return {
    definition,
    policy: policyOf(blueprint, limits),
    settings: { ...settings, ...options.settings },
    instructions: instructions === undefined ? undefined : { role: 'system', content: instructions },
    runId: record.runId,
    path: '',
    traceparent: options.traceparent,
    context: options.context as never, // Its type is checked where `Agent` is used.
    signal: ports.signal,
    abort: ports.abort,
    clock,
    random,
    durable,
    parallelToolCalls: options.parallelToolCalls ?? parallelToolCalls,
    budget,
    time,
    tell: {
      ...ports.tell,
      fact(fact, how) {
        if ('usage' in fact) budget.charge(fact.usage);
        if (how.replayed) time.restore(fact.activeMs);
        ports.tell.fact(fact, how);
      },
    },
    streams: () => options.stream ?? ports.isHeard(),
  };
}

function limitsOf({ definition, limits }: Blueprint, own: RunOptions['limits'] & object): ResolvedLimits {
  return resolveLimits({ ...limits, ...own }, { agent: definition.name, model: definition.model });
}

function policyOf({ definition, outputCorrections }: Blueprint, limits: ResolvedLimits): Policy {
  const { tools, output } = definition;
  return {
    limits,
    outputCorrections,
    hasTools: tools.size > 0,
    hasOutput: output !== undefined,
    correctionsOf: (name) => tools.get(name)?.corrections ?? 2,
    mayNeedApproval: (name) => (tools.get(name)?.needsApproval ?? false) !== false,
  };
}

/** What is kept of an output is its JSON; the schema makes of it what the caller gets. */
async function withOutput<Output>({ definition }: Blueprint, outcome: Outcome<unknown>): Promise<Outcome<Output>> {
  const { output: schema } = definition;
  if (schema === undefined || !('output' in outcome)) return outcome as Outcome<Output>; // Text: `Output` is string.
  const validated = await schema.validate(outcome.output);
  return { ...outcome, output: validated.ok ? validated.value : outcome.output } as Outcome<Output>; // By its schema.
}
