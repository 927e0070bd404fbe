import { type Cancellation, untilCancelled } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { ConfigError, DurableError } from '../base/errors.ts';
import { History } from '../chat/history.ts';
import { isCodeMistake } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type { Fact } from '../event/fact.ts';
import { NO_USAGE } from '../event/usage.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { DurationReached } from '../limits/limits.ts';
import type { Conclusion } from '../loop/action.ts';
import { apply } from '../loop/apply.ts';
import { failure } from '../loop/failure.ts';
import { initialState, type RunState } from '../loop/state.ts';
import type { Scope } from '../perform/scope.ts';
import { factStep, reasonText, stamp, toInterruption } from '../perform/step.ts';
import { type Blueprint, compareDefinition, type Instructions } from './blueprint.ts';

export interface BeginOptions {
  readonly blueprint: Blueprint;
  readonly scope: Scope;
  /** May throw: the run then fails. */
  readonly history: () => History;
}

export interface Begun {
  readonly scope: Scope;
  readonly state: RunState;
}

/** Begins a run where its agent is: the messages and the instructions are remembered as its first step. */
export async function begin({ blueprint, scope, history }: BeginOptions): Promise<Begun> {
  const work = (): Promise<Fact> => started({ blueprint, scope, history });
  const fact = await scope.durable.step(factStep<Fact>(scope, { name: 'start', effect: 'read', work }));
  if (fact.type !== 'run.started') return { scope, state: apply(initialState(History.empty()), fact) };
  const { messages, instructions } = fact;
  const state = initialState(History.from(messages));
  const known = compareDefinition(fact, { blueprint, scope });
  if (instructions === undefined) return { scope: { ...scope, ...known }, state };
  return { scope: { ...scope, ...known, instructions: { role: 'system', content: instructions } }, state };
}

async function started({ blueprint, scope, history }: BeginOptions): Promise<Fact> {
  const { clock, context, cancellation, policy } = scope;
  if (cancellation.isCancelled) return toInterruption(scope, { turn: 0, reason: cancellation.reason });
  try {
    const { messages } = history();
    const { durationMs } = policy.limits;
    const resolved = await resolveInstructions(blueprint.instructions, { clock, context, cancellation, durationMs });
    if (resolved.type === 'ended') return ended(resolved.conclusion, scope);
    const definition = blueprint.digest();
    const { name: agent } = blueprint.definition;
    const fact = { type: 'run.started' as const, agent, messages, definition, ...stamp(scope) };
    return resolved.text === undefined ? fact : { ...fact, instructions: resolved.text };
  } catch (error) {
    if (DurableError.isInstance(error)) throw error;
    return failedBy(toErrorData(error), scope);
  }
}

type Ended = Extract<Awaited<ReturnType<typeof resolveInstructions>>, { type: 'ended' }>['conclusion'];

function ended(conclusion: Ended, scope: Scope): Fact {
  if (conclusion.status === 'failed') return failedBy(conclusion.error, scope);
  return toInterruption(scope, { turn: 0, reason: scope.cancellation.reason });
}

function failedBy(error: ReturnType<typeof toErrorData>, scope: Scope): Fact {
  return { type: 'model.failed', turn: 0, error, usage: NO_USAGE, failedAttempts: [], ...stamp(scope) };
}

export interface ResolveOptions {
  readonly context: unknown;
  readonly clock: Clock;
  /** The run's cap, which holds here as well. */
  readonly durationMs: number;
  readonly cancellation: Cancellation;
}

export type Resolved =
  | { readonly type: 'resolved'; readonly text: string | undefined }
  | { readonly type: 'ended'; readonly conclusion: Conclusion; readonly activeMs: number };

/** A function of the user's that throws fails the run, as data; neither an abort nor the run's time waits for it. */
export async function resolveInstructions(instructions: Instructions, options: ResolveOptions): Promise<Resolved> {
  if (typeof instructions !== 'function') return { type: 'resolved', text: textOrNone(instructions) };
  const { context, clock, durationMs, cancellation } = options;
  const onOver = (): void => cancellation.cancel(new DurationReached(durationMs));
  const time = new ActiveTime(durationMs, { clock, onOver });
  const ended = (conclusion: Conclusion): Resolved => ({ type: 'ended', conclusion, activeMs: time.activeMs });
  try {
    const text = await untilCancelled(cancellation, () => resolveText(instructions, context as never));
    return { type: 'resolved', text };
  } catch (error) {
    if (!cancellation.isCancelled) return ended(failure(addContextHint(error, { instructions, context })));
    if (!(cancellation.reason instanceof DurationReached)) {
      return ended({ status: 'aborted', reason: reasonText(cancellation.reason) });
    }
    const { maxMs: max } = cancellation.reason;
    return ended({ status: 'limited', limit: 'durationMs', max, spent: Math.max(time.activeMs, max) });
  } finally {
    time.end();
  }
}

interface InstructionsCall {
  readonly instructions: (context: never) => unknown;
  readonly context: unknown;
}

/** From JavaScript an agent may be run, or resumed by a host, without the context that its instructions read. */
function addContextHint(error: unknown, { instructions, context }: InstructionsCall): unknown {
  if (context !== undefined || instructions.length === 0 || !isCodeMistake(error)) return error;
  return new ConfigError(
    `The instructions failed in a run without a context: ${error.message}. If they read one, pass it: agent.run(input, { context }).`,
    { cause: error },
  );
}

/** @throws ConfigError for what is no text. */
export async function resolveText(instructions: Instructions, context: never): Promise<string | undefined> {
  if (typeof instructions !== 'function') return textOrNone(instructions);
  const text: unknown = await instructions(context);
  if (typeof text === 'string') return textOrNone(text);
  if (text === undefined || text === null) return undefined;
  throw new ConfigError(`instructions gave a value of type ${typeof text}. Give a string.`);
}

/** Servers refuse a system message that says nothing. */
function textOrNone(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
