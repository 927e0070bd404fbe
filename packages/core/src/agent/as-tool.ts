import { Cancellation } from '../base/cancellation.ts';
import { isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { markOwn } from '../base/package-copy.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import type { Message } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { CompletedOutcome, Outcome } from '../event/outcome.ts';
import { ActiveTime } from '../limits/active-time.ts';
import { Budget } from '../limits/budget.ts';
import { DurationExceededError } from '../limits/limits.ts';
import { type InstrumentedRun, instrumentRun } from '../perform/instrumentation.ts';
import type { Delegate, NestedRun, OuterRun } from '../perform/nested-run.ts';
import type { Scope } from '../perform/scope.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import type { Schema } from '../schema/schema.ts';
import { describeTool, TOOL_HINTS, type Tool, type ToolOptions, tool } from '../tool/tool.ts';
import { begin } from './begin.ts';
import { agentsOfTools, type Blueprint, getPolicy } from './blueprint.ts';
import { createMeteredSink, resolveOutcome, resolveRunLimits } from './run-attempt.ts';
import { createRunError } from './run-error.ts';

/** Options of an agent as a tool. */
export interface AsToolOptions<Input, Context>
  extends Pick<
    ToolOptions<Input, Context>,
    'name' | 'description' | 'needsApproval' | 'preview' | 'approvalTimeoutMs' | 'maxInputRetries' | 'maxResultLength'
  > {
  /** The input from the calling model. @defaultValue an object with a text `prompt` */
  readonly input?: Schema<Input>;
  /** Makes the input of the nested run. @defaultValue the prompt, or the input as JSON */
  readonly prompt?: (input: NoInfer<Input>) => string | readonly Message[];
}

export function createAgentTool<Input, Context>(
  blueprint: Blueprint,
  given: AsToolOptions<Input, Context>,
): Tool<Context> {
  const {
    input = PROMPT as Schema<Input>,
    prompt,
    ...options
  } = checkOptions(given, AS_TOOL, describeTool(given, `Agent "${blueprint.name}", asTool`));
  const base = tool<Input, Context>({ ...options, input: input as never }); // Either kind of schema: `tool` asks which.
  const createPrompt = prompt ?? ((given: Input) => toPrompt(given));
  const delegate: Delegate = markOwn((given, outer) =>
    runNested(blueprint, { input: createPrompt(given as Input), outer }),
  );
  agentsOfTools.set(delegate, blueprint);
  return Object.freeze({ ...base, hasExternalResult: false, delegate });
}

const AS_TOOL: OptionTable<AsToolOptions<never, never>> = {
  keys: {
    name: 'any',
    description: 'text',
    needsApproval: ['boolean', 'function'],
    preview: 'function',
    approvalTimeoutMs: 'number',
    maxInputRetries: 'number',
    maxResultLength: 'number',
    input: 'any',
    prompt: 'function',
  },
  hints: {
    ...TOOL_HINTS,
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

interface NestedRunInput {
  readonly input: unknown;
  readonly outer: OuterRun;
}

/** Runs an agent or a flow with the host, budget, cancellation and events of the outer run. */
export async function runNested(blueprint: Blueprint, { input, outer }: NestedRunInput): Promise<NestedRun> {
  const { scope, end, hasWorked } = createNestedScope(blueprint, outer);
  const { clock, time, events } = scope;
  const run = async (): Promise<Outcome<unknown>> => {
    const begun = await begin({
      blueprint,
      scope,
      readInput: () => blueprint.readInput(input),
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
    return { outcome, emitFinished, settle };
  } finally {
    end();
  }
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
  const { instrumentation, span } = outer.instrumented;
  const { suspendedMs: _, ...known } = span;
  return { instrumentation, span: { ...known, path, agent: definition.identity, modelSettings: settings } };
}
