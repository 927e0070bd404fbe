import { DurableError } from '../base/errors.ts';
import { History } from '../chat/history.ts';
import { toErrorData } from '../event/error-data.ts';
import type { Fact } from '../event/fact.ts';
import { NO_USAGE } from '../event/usage.ts';
import { apply } from '../loop/apply.ts';
import { initialState, type RunState } from '../loop/state.ts';
import type { Scope } from '../perform/scope.ts';
import { factStep, stamp, toInterruption } from '../perform/step.ts';
import type { Blueprint } from './blueprint.ts';
import { knownSince } from './known-since.ts';
import { resolveInstructions } from './resolve-instructions.ts';

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
  const known = knownSince(fact, { blueprint, scope });
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
