import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { History } from '../chat/history.ts';
import { isCodeMistake } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type { DefinitionRecord, JournalEvent } from '../event/journal-event.ts';
import { START_STEP } from '../event/step-name.ts';
import { NO_USAGE } from '../event/usage.ts';
import { apply } from '../loop/apply.ts';
import { initialState, type RunState } from '../loop/state.ts';
import type { Scope } from '../perform/scope.ts';
import { factStep, stamp, toInterruption } from '../perform/step.ts';
import { type Blueprint, compareDefinition, type Instructions } from './blueprint.ts';

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
  const work = (): Promise<JournalEvent> => started({ ...options, history: () => (first = history()) });
  const fact = await scope.stepRunner.step(factStep<JournalEvent>(scope, { name: START_STEP, effect: 'read', work }));
  if (fact.type !== 'run.started') return { scope, state: apply(initialState(first ?? validHistory(history)), fact) };
  const { messages, instructions, definition } = fact;
  const state = initialState(first ?? History.from(messages));
  // If the record has the definition, the changes since are known from opening the run.
  const known = definition === undefined ? {} : compareDefinition(fact, { blueprint, scope });
  if (instructions === undefined) return { scope: { ...scope, ...known }, state };
  return { scope: { ...scope, ...known, instructions: { role: 'system', content: instructions } }, state };
}

/** Empty if the messages are not valid: the first step says so. */
function validHistory(history: () => History): History {
  try {
    return history();
  } catch {
    return History.createEmpty();
  }
}

async function started({ blueprint, scope, history, definition }: BeginOptions): Promise<JournalEvent> {
  const { context, cancellation } = scope;
  const { name: agent } = blueprint.definition;
  try {
    const { messages } = history();
    const resolve = (): Promise<string | undefined> => resolveInstructions(blueprint.instructions, context);
    const instructions =
      typeof blueprint.instructions === 'function' ? await runUntilCancelled(cancellation, resolve) : await resolve();
    return {
      type: 'run.started',
      agent,
      messages,
      ...(instructions !== undefined && { instructions }),
      ...(definition !== undefined && { definition }),
      ...stamp(scope),
    };
  } catch (error) {
    if (HostError.isInstance(error)) throw error;
    if (cancellation.isCancelled) return toInterruption(scope, { turn: 0, reason: cancellation.reason });
    const failure = { error: toErrorData(error), usage: NO_USAGE, failedAttempts: [] };
    return { type: 'model.failed', turn: 0, ...failure, ...stamp(scope) };
  }
}

/** @throws ConfigError for what is no text, and what a function of the user's throws. */
export async function resolveInstructions(instructions: Instructions, context: unknown): Promise<string | undefined> {
  if (typeof instructions !== 'function') return textOrNone(instructions);
  const text: unknown = await callInstructions(instructions, context);
  if (typeof text === 'string') return textOrNone(text);
  if (text === undefined || text === null) return undefined;
  throw new ConfigError(`instructions gave a value of type ${typeof text}. Give a string.`);
}

/** From JavaScript an agent may be run, or resumed by a host, without the context that its instructions read. */
async function callInstructions(instructions: (context: never) => unknown, context: unknown): Promise<unknown> {
  try {
    return await instructions(context as never); // Its type is checked where `Agent` is used.
  } catch (error) {
    if (context !== undefined || instructions.length === 0 || !isCodeMistake(error)) throw error;
    throw new ConfigError(
      `The instructions failed in a run without a context: ${error.message}. If they read one, pass it: agent.run(input, { context }).`,
      { cause: error },
    );
  }
}

/** Servers refuse a system message that says nothing. */
function textOrNone(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
