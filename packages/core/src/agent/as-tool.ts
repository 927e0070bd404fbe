import { Cancellation, runUntilCancelled } from '../base/cancellation.ts';
import { HostError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { markOwn } from '../base/package-copy.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { CompletedOutcome, Outcome } from '../event/outcome.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { Budget } from '../limits/budget.ts';
import { DurationExceededError } from '../limits/limits.ts';
import { concludeFailure } from '../loop/conclude-failure.ts';
import { createState, type RunState } from '../loop/state.ts';
import { createOutcome } from '../loop/transcript.ts';
import { getVisibleHistory } from '../loop/visible-history.ts';
import { type InstrumentedRun, instrumentRun } from '../perform/instrumentation.ts';
import type { Delegate, NestedRun, OuterRun } from '../perform/nested-run.ts';
import type { Scope } from '../perform/scope.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import type { Schema } from '../schema/schema.ts';
import { describeTool, TOOL_HINTS, type Tool, type ToolOptions, tool } from '../tool/tool.ts';
import { begin, checkDeclaresState } from './begin.ts';
import { agentsOfTools, type Blueprint, getPolicy } from './blueprint.ts';
import { createMeteredSink, resolveOutcome, resolveRunLimits, validateOutput } from './run-attempt.ts';
import { createRunError } from './run-error.ts';

/** The options of tools that an agent or a flow as a tool has, too. */
export type NestedToolOptions<Input, Context> = Pick<
  ToolOptions<Input, Context>,
  | 'name'
  | 'description'
  | 'when'
  | 'needsApproval'
  | 'preview'
  | 'approvalTimeoutMs'
  | 'maxInputRetries'
  | 'maxResultLength'
>;

export const NESTED_TOOL_KEYS: OptionTable<NestedToolOptions<never, never>>['keys'] = {
  name: 'any',
  description: 'text',
  when: 'function',
  needsApproval: ['boolean', 'function'],
  preview: 'function',
  approvalTimeoutMs: 'number',
  maxInputRetries: 'number',
  maxResultLength: 'number',
};

/** Options of an agent as a tool. */
export interface AsToolOptions<Input, Context, Inner = Context, Output = unknown, Result = unknown>
  extends NestedToolOptions<Input, Context> {
  /** The input from the calling model. @defaultValue an object with a text `prompt` */
  readonly input?: Schema<Input>;
  /**
   * Makes the input of the nested run, which is recorded when that run begins. If it throws, the nested run fails.
   *
   * @defaultValue the prompt, or the input as JSON
   */
  readonly prompt?: (
    input: NoInfer<Input>,
    scope: AgentCallScope<Context>,
  ) => string | readonly Message[] | Promise<string | readonly Message[]>;
  /**
   * Makes the context of the nested run. Called in each attempt at it. If it throws, the nested run fails.
   *
   * @defaultValue the context of the calling run
   */
  readonly context?: (context: Context, input: NoInfer<Input>) => Inner | Promise<Inner>;
  /**
   * Makes the output of the tool from the outcome of the nested run, if that is `completed`. If it throws, the calling model reads the
   * error.
   *
   * @defaultValue the output of the agent
   */
  readonly extractOutput?: (
    outcome: CompletedOutcome<Output>,
    scope: AgentCallScope<Context> & { readonly input: NoInfer<Input> },
  ) => Result | Promise<Result>;
}

/** The run that calls an agent as a tool. */
export interface AgentCallScope<Context> {
  readonly context: Context;
  /** What the calling agent sees of its conversation, up to the response that made the call. */
  readonly messages: readonly Message[];
}

export function createAgentTool<Input, Context>(
  blueprint: Blueprint,
  given: AsToolOptions<Input, Context, never, never>,
): Tool<Context> {
  const {
    input = PROMPT as Schema<Input>,
    prompt = toPrompt,
    context,
    extractOutput,
    ...options
  } = checkOptions(given, AS_TOOL, describeTool(given, `Agent "${blueprint.name}", asTool`));
  const base = tool<Input, Context>({ ...options, input: input as never }); // Either kind of schema: `tool` asks which.
  const createDelegate = (getBlueprint: () => Blueprint): Delegate => {
    const delegate: Delegate = markOwn((given, outer) =>
      runNested(getBlueprint(), { input: given, outer, prompt, context, extractOutput } as NestedRunInput),
    );
    agentsOfTools.set(delegate, { getBlueprint, replaceAgent: createDelegate });
    return delegate;
  };
  return Object.freeze({ ...base, hasExternalResult: false, delegate: createDelegate(() => blueprint) });
}

const AS_TOOL: OptionTable<AsToolOptions<never, never, never, never>> = {
  keys: {
    ...NESTED_TOOL_KEYS,
    input: 'any',
    prompt: 'function',
    context: 'function',
    extractOutput: 'function',
  },
  hints: {
    ...TOOL_HINTS,
    customOutputExtractor: 'The option is "extractOutput".',
    extractResult: 'The option is "extractOutput".',
    output: 'The option is "extractOutput"; the schema of the output is an option of the agent.',
    execute: 'An agent needs no execute; "prompt" turns the input into the prompt.',
    timeoutMs: 'Use the limits of the agent: limits: { durationMs }.',
    effect: 'It is an option of the tools of the agent.',
    exclusive: 'It is an option of the tools of the agent.',
  },
};

/** The input of an agent as a tool, if its options have none. */
export const PROMPT: Schema = jsonSchema<unknown>(
  {
    type: 'object',
    properties: {
      prompt: { type: 'string', description: 'The task for the agent, with all the information it needs.' },
    },
    required: ['prompt'],
    additionalProperties: false,
  },
  {
    validate: (value) => {
      if (isRecord(value) && typeof value['prompt'] === 'string') return { value };
      return { issues: [{ path: ['prompt'], message: 'expected string' }] };
    },
  },
);

export function toPrompt(input: unknown): string {
  if (isRecord(input) && Object.keys(input).length === 1 && typeof input['prompt'] === 'string') return input['prompt'];
  return stringifyWellFormed(input) ?? '';
}

/** The types of the functions are those of the options; the schema of the tool checked the input. */
interface NestedRunInput {
  readonly input: unknown;
  readonly outer: OuterRun;
  /** @defaultValue the input */
  readonly prompt?: ((input: unknown, scope: AgentCallScope<unknown>) => unknown) | undefined;
  readonly context?: ((context: unknown, input: unknown) => unknown) | undefined;
  readonly extractOutput?: ((outcome: unknown, scope: unknown) => unknown) | undefined;
}

/** Runs an agent or a flow with the host, budget, cancellation and events of the outer run. */
export async function runNested(blueprint: Blueprint, given: NestedRunInput): Promise<NestedRun> {
  const { input, outer, prompt, extractOutput } = given;
  if (outer.state !== undefined) checkDeclaresState(blueprint.definition);
  const { scope, end, hasWorked } = createNestedScope(blueprint, outer);
  const { clock, time, events } = scope;
  const caller: AgentCallScope<unknown> = {
    context: outer.scope.context,
    // Read only if a function of the options wants it: long conversations are copied.
    get messages() {
      return listMessagesBefore(outer.scope.getState());
    },
  };
  const run = async (): Promise<Outcome<unknown>> => {
    const inner = await readContext(given);
    if (!inner.ok) return createFailedOutcome(scope, inner.error);
    const begun = await begin({
      blueprint,
      scope: { ...scope, context: inner.context },
      readInput: async () => blueprint.readInput(prompt === undefined ? input : await prompt(input, caller)),
      state: outer.state,
      definition: blueprint.getDefinitionRecord(),
      refusesOther: outer.refusesOther === true,
    });
    return blueprint.head(begun);
  };
  try {
    const outcome = blueprint.isCall === true ? await run() : await runInSpan(scope, { run, hasWorked });
    const finished: JournalEvent = { type: 'run.finished', outcome, at: clock.now(), activeMs: time.activeMs };
    const settle = async (): Promise<CompletedOutcome<unknown>> => {
      const resolved = await resolveOutcome<unknown>(blueprint, { outcome });
      if (resolved.status === 'completed') return resolved;
      throw createRunError(resolved, { hasHost: true });
    };
    const emitFinished: NestedRun['emitFinished'] = (how) => {
      if (blueprint.isCall !== true) events.emitJournalEvent(finished, how);
    };
    const nested = { outcome, emitFinished, settle };
    if (extractOutput === undefined) return nested;
    const extract: NestedRun['extractOutput'] = async (completed) =>
      extractOutput(await validateOutput(blueprint, completed), { ...caller, input });
    return { ...nested, extractOutput: extract };
  } finally {
    end();
  }
}

/** What the agent sees before the response whose calls are handled now. */
function listMessagesBefore(state: RunState): readonly Message[] {
  const { messages } = getVisibleHistory(state);
  return messages.slice(
    0,
    messages.findLastIndex(({ role }) => role === 'assistant'),
  );
}

type InnerContext = { readonly ok: true; readonly context: never } | { readonly ok: false; readonly error: unknown };

/** A cancelled run needs no context: it only replays what is recorded. */
async function readContext({ outer: { scope }, context: toContext, input }: NestedRunInput): Promise<InnerContext> {
  const { context, cancellation } = scope;
  if (toContext === undefined || cancellation.isCancelled) return { ok: true, context };
  try {
    const inner = await runUntilCancelled(cancellation, async () => toContext(context, input));
    return { ok: true, context: inner as never }; // `Agent` checks its type.
  } catch (error) {
    if (HostError.isInstance(error)) throw error;
    return cancellation.isCancelled ? { ok: true, context } : { ok: false, error };
  }
}

function createFailedOutcome({ runId, definition }: Scope, error: unknown): Outcome<unknown> {
  const state = createState(History.createEmpty());
  return createOutcome(state, { conclusion: concludeFailure(error), runId, agent: definition.name });
}

interface NestedRunWork {
  readonly run: () => Promise<Outcome<unknown>>;
  readonly hasWorked: () => boolean;
}

function runInSpan({ instrumented }: Scope, { run, hasWorked }: NestedRunWork): Promise<Outcome<unknown>> {
  if (instrumented === undefined) return run();
  return instrumentRun(instrumented, run, hasWorked) as Promise<Outcome<unknown>>; // `run` has an outcome.
}

function createNestedScope(
  blueprint: Blueprint,
  { scope: outer, stepRunner, path, limits: own = {} }: OuterRun,
): { readonly scope: Scope; readonly end: () => void; readonly hasWorked: () => boolean } {
  const { definition, random, settings, maxParallelToolCalls } = blueprint;
  const { clock } = outer;
  const limits = resolveRunLimits(blueprint, own);
  const cancellation = new Cancellation(outer.cancellation);
  const budget = new Budget(limits, outer.budget);
  const onExpire = (): void => cancellation.cancel(new DurationExceededError(limits.durationMs));
  const time = new ActiveTime(limits.durationMs, { clock, onExpire, outer: outer.time });
  const sink = outer.createEventSink(path);
  let hasWorked = false;
  const metered = createMeteredSink(sink, { budget, time });
  const events: typeof metered = {
    ...metered,
    emitJournalEvent(event, how) {
      if (!how.replayed) hasWorked = true;
      metered.emitJournalEvent(event, how);
    },
  };
  const scope: Scope = {
    ...outer,
    definition,
    policy: getPolicy(blueprint, limits),
    settings,
    runSettings: {},
    instructions: undefined,
    runId: outer.runId,
    instrumented: blueprint.isCall === true ? outer.instrumented : instrumentNested(blueprint, { outer, path }),
    getSteering: () => [],
    path,
    memo: new Map(),
    cancellation,
    random,
    stepRunner,
    changedTools: new Map(),
    isFromEarlierAttempt: events.isFromEarlierAttempt,
    maxParallelToolCalls,
    budget,
    time,
    events,
  };
  const end = (): void => {
    time.end();
    cancellation.detach();
  };
  return { scope, end, hasWorked: () => hasWorked };
}

/** The instrumentation of the outer run, which sees the nested run as one of this agent. */
function instrumentNested(
  { definition, settings }: Blueprint,
  { outer, path }: { readonly outer: Scope; readonly path: string },
): InstrumentedRun | undefined {
  if (outer.instrumented === undefined) return undefined;
  const { instrumentation, span, guard } = outer.instrumented;
  const { suspendedMs: _, ...known } = span;
  return { instrumentation, span: { ...known, path, agent: definition.identity, modelSettings: settings }, guard };
}
