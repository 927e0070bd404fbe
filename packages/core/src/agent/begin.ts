import { untilAborted } from '../base/abort.ts';
import { DurableError } from '../base/errors.ts';
import { History } from '../chat/history.ts';
import { toErrorData } from '../event/error-data.ts';
import type { DefinitionRecord, Fact } from '../event/fact.ts';
import { NO_USAGE } from '../event/usage.ts';
import { apply } from '../loop/apply.ts';
import { initialState, type RunState } from '../loop/state.ts';
import { factStep, interrupted, type Scope, stamp } from '../perform/scope.ts';
import type { Blueprint } from './blueprint.ts';
import { knownSince } from './known-since.ts';
import { resolveInstructions } from './resolve-instructions.ts';

export interface BeginOptions {
  readonly blueprint: Blueprint;
  readonly scope: Scope;
  /** What the run begins with. May throw: the run then fails. */
  readonly history: () => History;
  /** What the agent is, if the record of the run does not say it. */
  readonly definition: DefinitionRecord | undefined;
}

export interface Begun {
  readonly scope: Scope;
  readonly state: RunState;
}

/** Begins a run: its first step resolves the instructions and records them with the messages. A function that throws fails the run. */
export async function begin(options: BeginOptions): Promise<Begun> {
  const { blueprint, scope, history } = options;
  let first: History | undefined;
  const work = (): Promise<Fact> => started({ ...options, history: () => (first = history()) });
  const fact = await scope.durable.step(factStep<Fact>(scope, { name: 'start', effect: 'read', work }));
  if (fact.type !== 'run.started') return { scope, state: apply(initialState(first ?? validHistory(history)), fact) };
  const { messages, instructions, definition } = fact;
  const state = initialState(first ?? History.from(messages));
  // If the record has the definition, the changes since are known from opening the run.
  const known = definition === undefined ? {} : knownSince(fact, { blueprint, scope });
  if (instructions === undefined) return { scope: { ...scope, ...known }, state };
  return { scope: { ...scope, ...known, instructions: { role: 'system', content: instructions } }, state };
}

/** Empty if the messages are not valid: the first step says so. */
function validHistory(history: () => History): History {
  try {
    return history();
  } catch {
    return History.empty();
  }
}

async function started({ blueprint, scope, history, definition }: BeginOptions): Promise<Fact> {
  const { context, signal } = scope;
  const { name: agent } = blueprint.definition;
  try {
    const { messages } = history();
    const resolve = (): Promise<string | undefined> => resolveInstructions(blueprint.instructions, context);
    const instructions =
      typeof blueprint.instructions === 'function' ? await untilAborted(signal, resolve) : await resolve();
    return {
      type: 'run.started',
      agent,
      messages,
      ...(instructions !== undefined && { instructions }),
      ...(definition !== undefined && { definition }),
      ...stamp(scope),
    };
  } catch (error) {
    if (DurableError.isInstance(error)) throw error;
    if (signal.aborted) return interrupted(scope, { turn: 0, reason: signal.reason });
    const failure = { error: toErrorData(error), usage: NO_USAGE, failedAttempts: [] };
    return { type: 'model.failed', turn: 0, ...failure, ...stamp(scope) };
  }
}
