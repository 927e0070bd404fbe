import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { type JsonObject, stringifyCanonical } from '../base/json.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { isCodeMistake } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type { DefinitionRecord, JournalEvent, RunStartedEvent } from '../event/journal-event.ts';
import { START_STEP } from '../event/step-name.ts';
import { NO_USAGE } from '../event/usage.ts';
import type { RecordedConversation } from '../host/host.ts';
import { apply } from '../loop/apply.ts';
import { createState } from '../loop/state.ts';
import { OtherRunError } from '../perform/nested-run.ts';
import type { Scope } from '../perform/scope.ts';
import { checkState } from '../perform/state-draft.ts';
import { createEventStep, stamp, toInterruption } from '../perform/step.ts';
import { type BegunRun, type Blueprint, compareDefinition, type Instructions, type RunInput } from './blueprint.ts';

export interface BeginOptions {
  readonly blueprint: Blueprint;
  readonly scope: Scope;
  /** Returns the input of the run. If it throws, the run fails. */
  readonly readInput: () => RunInput | Promise<RunInput>;
  /** The first state of the run. @defaultValue what the schema makes of an empty object */
  readonly state?: JsonObject | undefined;
  /** The conversation that the run is part of. */
  readonly conversation?: RecordedConversation | undefined;
  /** The definition of the agent, if the run record does not contain it. */
  readonly definition: DefinitionRecord | undefined;
  /** Whether to throw an `OtherRunError` if another agent or another input is recorded. @defaultValue false */
  readonly refusesOther?: boolean;
}

/** Begins a run. Its first step resolves the instructions and records them with the messages. If the instructions throw, the run fails. */
export async function begin(options: BeginOptions): Promise<BegunRun> {
  const { blueprint, scope, readInput } = options;
  let first: History | undefined;
  const read = async (): Promise<RunInput> => {
    const given = await readInput();
    first = given.history;
    return given;
  };
  const work = (): Promise<JournalEvent> => createStartEvent({ ...options, readInput: read });
  const event = await scope.stepRunner.step(
    createEventStep<JournalEvent>(scope, { name: START_STEP, effect: 'read', work }),
  );
  if (event.type !== 'run.started')
    return { scope, state: apply(createState(first ?? (await readValidHistory(readInput))), event) };
  if (first === undefined && options.refusesOther === true) await checkSame(event, options);
  const { messages, instructions, definition } = event;
  const start = createState(first ?? History.from(messages));
  const hasMore = (event.state ?? event.startingAgent ?? event.standingApprovals) !== undefined;
  const state = hasMore ? apply(start, event) : start;
  // If the run record has the definition, it was compared when the run was claimed.
  const known = definition === undefined ? {} : compareDefinition(event, { blueprint, scope });
  const given = event.input === undefined ? {} : { input: event.input };
  if (instructions === undefined) return { scope: { ...scope, ...known }, state, ...given };
  return { scope: { ...scope, ...known, instructions: { role: 'system', content: instructions } }, state, ...given };
}

/** @throws OtherRunError if the recorded run is that of another agent, or has another input or another first state */
async function checkSame(
  { agent, messages, input, state: begun }: RunStartedEvent,
  { blueprint, readInput, state }: BeginOptions,
): Promise<void> {
  const { name, state: declared } = blueprint.definition;
  if (agent !== name) throw new OtherRunError(`it was a run of "${agent}", and is one of "${name}" now`);
  const given = await readInput();
  const isSame =
    stringifyCanonical([messages, input ?? null]) === stringifyCanonical([given.history.messages, given.input ?? null]);
  if (!isSame) throw new OtherRunError(`the input for "${agent}" is another one than before`);
  if (state === undefined || declared === undefined) return;
  const first = await checkState(declared, state);
  if (stringifyCanonical(first) !== stringifyCanonical(begun))
    throw new OtherRunError(`the state for "${agent}" is another one than before`);
}

/** A state that no agent reads is a mistake. Agents of a handoffs function are not known before the run. @throws ConfigError */
export function checkDeclaresState({ name, state }: Blueprint['definition']): void {
  if (state !== undefined) return;
  throw new ConfigError(
    `Agent "${name}" has no state, but the run got one. Pass its schema: new Agent({ state: z.object({ … }) }).`,
  );
}

/** Returns an empty history if the messages are invalid: the first step reports the error. */
async function readValidHistory(readInput: BeginOptions['readInput']): Promise<History> {
  try {
    const { history } = await readInput();
    return history;
  } catch {
    return History.createEmpty();
  }
}

async function createStartEvent({
  blueprint,
  scope,
  readInput,
  state,
  conversation,
  definition,
}: BeginOptions): Promise<JournalEvent> {
  const { context, cancellation } = scope;
  const { name: agent, state: declared } = blueprint.definition;
  try {
    const { history, input } = await runUntilCancelled(cancellation, async () => readInput());
    const { messages } = history;
    const resolve = (): Promise<string | undefined> => resolveInstructions(blueprint.instructions, context);
    const instructions =
      typeof blueprint.instructions === 'function' ? await runUntilCancelled(cancellation, resolve) : await resolve();
    const first = declared && (await runUntilCancelled(cancellation, () => checkState(declared, state ?? {})));
    const startingAgent =
      conversation?.startingAgent &&
      (await runUntilCancelled(cancellation, () => findStartingAgent(conversation, { scope, messages, state: first })));
    const { standingApprovals } = conversation ?? {};
    return {
      type: 'run.started',
      agent,
      messages,
      ...(input !== undefined && { input }),
      ...(instructions !== undefined && { instructions }),
      ...(first !== undefined && { state: first }),
      ...(standingApprovals !== undefined && { standingApprovals }),
      ...(startingAgent !== undefined && { startingAgent }),
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

/**
 * Returns the agent that had the conversation last, if the run has to hand over to it; `undefined` if that is the agent itself, if no
 * handoff leads to it any more, or if the handoff does not apply to this run.
 */
async function findStartingAgent(
  { startingAgent: name }: RecordedConversation,
  {
    scope,
    messages,
    state,
  }: { readonly scope: Scope; readonly messages: readonly Message[]; readonly state: JsonObject | undefined },
): Promise<string | undefined> {
  const { definition, context, runId, path } = scope;
  const destination = name === undefined || name === definition.name ? undefined : definition.speakers().get(name);
  if (destination === undefined) return undefined;
  const { when } = destination;
  if (when === undefined) return name;
  return (await when(context, { turn: 1, messages, state, runId, path })) ? name : undefined;
}

/** @throws ConfigError if the instructions are not a text, and the error that an instructions function throws */
export async function resolveInstructions(instructions: Instructions, context: unknown): Promise<string | undefined> {
  if (typeof instructions !== 'function') return omitBlank(instructions);
  const text: unknown = await callInstructions(instructions, context);
  if (typeof text === 'string') return omitBlank(text);
  if (text === undefined || text === null) return undefined;
  throw new ConfigError(`instructions returned a value of type ${typeof text}. Return a string.`);
}

/** JavaScript code or a host may run an agent without the context that its instructions read. */
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

/** Servers reject an empty system message. */
function omitBlank(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
