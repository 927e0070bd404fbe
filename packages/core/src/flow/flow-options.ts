import type { ResumeOptions, RunOptions } from '../agent/agent-options.ts';
import { NESTED_TOOL_KEYS, type NestedToolOptions } from '../agent/as-tool.ts';
import type { Clock } from '../base/clock.ts';
import type { Json } from '../base/json.ts';
import type { OptionTable } from '../base/options.ts';
import type { Listeners } from '../event/observers.ts';
import type { EnqueueOptions, Host } from '../host/host.ts';
import type { Limits } from '../limits/limits.ts';
import type { WireLog } from '../model/wire-log.ts';
import type { Instrumentation } from '../perform/instrumentation.ts';
import type { Schema } from '../schema/schema.ts';
import type { RunChild } from '../tool/runnable.ts';
import { type Effect, TOOL_HINTS, type Tool } from '../tool/tool.ts';

/** The limits of a flow. They hold for everything in it. */
export type FlowLimits = Pick<Limits, 'requests' | 'tokens' | 'cost' | 'toolCalls' | 'durationMs'>;

export interface FlowOptions<Context, Input, Output> {
  /** The name in events, errors and run records. */
  readonly name: string;
  /**
   * The version of the flow. A run is resumed only by the version that began it, unless `onVersionMismatch` is `'continue'`. Give a flow whose
   * steps change another version.
   */
  readonly version?: string;
  readonly description?: string;
  /** The schema of the input. Without it any JSON value is accepted. */
  readonly input?: Schema<Input>;
  /** The schema of the output. Without it any JSON value is accepted. */
  readonly output?: Schema<Output>;
  readonly limits?: FlowLimits;
  /**
   * The code. It runs again from its beginning when a run is resumed, and finds its finished steps by their names.
   *
   * Contract:
   * - Everything that can differ in another attempt is a step: requests, times, random numbers, files.
   * - Each step has a name of its own, which does not depend on what happens to finish first.
   * - Values of steps, the input and the output are JSON.
   */
  readonly run: (input: Input, scope: FlowScope<Context>) => Output | Promise<Output>;
  /** Listeners for every run of this flow that this process executes, as those of an agent. */
  readonly listeners?: Listeners | undefined;
  /** Wraps every attempt at a run of this flow, with everything inside: `telemetry()` of `@pawl/otel`. */
  readonly instrumentation?: Instrumentation | undefined;
  /** Gets the bytes of every model request of a run of this flow. */
  readonly wireLog?: WireLog | undefined;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** Returns a number from 0 to 1, for the delays between attempts. @defaultValue Math.random */
  readonly random?: () => number;
}

/** What the code of a flow works with. */
export interface FlowScope<Context = unknown> {
  /** The application's value that was passed to `flow.run`. */
  readonly context: Context;
  readonly runId: string;
  /** The position in a tree of runs; `''` for the run itself. */
  readonly path: string;
  /** Aborted when the run ends. */
  readonly signal: AbortSignal;
  /** Runs an agent or another flow as a step: `run(planner, topic, { step: 'plan' })`. See `RunChild`. */
  readonly run: RunChild<Context>;
  /**
   * Calls a tool as the loop would: with its checks, its deadline, its approval and its effect. Resolves with the result as JSON.
   *
   * @throws CallError if the call has no result: the tool failed, or the call was denied or cancelled
   */
  readonly call: CallTool<Context>;
  /**
   * Remembers the JSON value of plain code: it runs once, and a resumed run gets its value, or its error again. An unnamed value (`undefined`)
   * is `null`.
   */
  readonly step: RememberStep;
  /**
   * Waits for a person or another system: suspends the run until `host.answer` gives a result to the pending call "ask".
   *
   * @throws CallError if the question was denied or expired, or the answer does not match the schema
   */
  readonly ask: AskQuestion;
}

export type CallTool<Context> = <Input, Output>(
  tool: Tool<Context, Input, Output>,
  input: NoInfer<Input>,
  options: { readonly step: string },
) => Promise<Output>;

export type RememberStep = <T>(
  name: string,
  work: (signal: AbortSignal) => T | Promise<T>,
  options?: PlainStepOptions,
) => Promise<T>;

export interface PlainStepOptions {
  /**
   * Whether the code may run again after a crash in it. With `'non-idempotent'` the step fails then, with an `UnknownOutcomeError`.
   *
   * @defaultValue 'idempotent'
   */
  readonly effect?: Effect;
}

export type AskQuestion = <Answer = Json>(question: Json, options: AskOptions<Answer>) => Promise<Answer>;

export interface AskOptions<Answer> {
  readonly step: string;
  /** The schema of the answer. Without it any JSON value is accepted. */
  readonly answer?: Schema<Answer>;
  /** How long to wait, in milliseconds. Then the question counts as denied. @defaultValue no limit */
  readonly timeoutMs?: number;
}

export interface FlowRunOptions
  extends Omit<RunOptions, 'conversation' | 'modelSettings' | 'limits' | 'maxParallelToolCalls' | 'state'> {
  /** Each limit replaces that of the flow. */
  readonly limits?: FlowLimits;
}

export interface FlowResumeOptions
  extends Omit<ResumeOptions, 'conversation' | 'modelSettings' | 'limits' | 'maxParallelToolCalls' | 'state'> {
  /** Each limit replaces that of the flow. */
  readonly limits?: FlowLimits;
}

export interface FlowEnqueueOptions extends Omit<EnqueueOptions, 'limits' | 'state'> {
  readonly host: Host;
  /** Each limit replaces that of the flow. */
  readonly limits?: FlowLimits;
}

/** Options of a flow as a tool. */
export interface FlowToolOptions<Given, Context, Input> extends NestedToolOptions<Given, Context> {
  /** The input from the calling model: an object. @defaultValue the input of the flow */
  readonly input?: Schema<Given>;
  /** Makes the input of the flow. @defaultValue the input from the model */
  readonly toInput?: (given: NoInfer<Given>) => Input;
}

const LIMITS: OptionTable<FlowLimits> = {
  keys: { requests: 'number', tokens: 'number', cost: 'number', toolCalls: 'number', durationMs: 'number' },
  hints: {
    turns: 'A flow has no turns. Set them where it runs an agent: run(agent, input, { step, limits: { turns } }).',
    handoffs:
      'A flow has no handoffs. Set them where it runs an agent: run(agent, input, { step, limits: { handoffs } }).',
    maxCost: 'The limit is "cost".',
    timeoutMs: 'The limit is "durationMs".',
  },
};

export const FLOW: OptionTable<FlowOptions<unknown, unknown, unknown>> = {
  keys: {
    name: 'text',
    version: 'any',
    description: 'text',
    input: 'any',
    output: 'any',
    limits: LIMITS,
    run: 'function',
    listeners: 'any',
    instrumentation: 'any',
    wireLog: 'any',
    clock: 'clock',
    random: 'function',
  },
  hints: {
    execute: 'The option is "run": (input, { run, call, step, ask }) => ….',
    handler: 'The option is "run": (input, { run, call, step, ask }) => ….',
    steps: 'Steps are in the code: run: async (input, { step }) => ….',
    agents: 'Agents are in the code: run: async (input, { run }) => run(agent, input, { step: "name" }).',
    tools: 'Tools are in the code: run: async (input, { call }) => call(tool, input, { step: "name" }).',
    model: 'A flow has no model. Its agents have.',
    middleware: 'A flow has no middleware. Its agents have.',
    state: 'A flow remembers the values of its steps. Its agents have a state: run(agent, input, { step, state }).',
    schema: 'The options are "input" and "output".',
    inputSchema: 'The option is "input".',
    outputSchema: 'The option is "output".',
    host: 'It is an option of the run: flow.run(input, { host }).',
    context: 'It is an option of the run: flow.run(input, { context }).',
  },
};

const RUN_BASICS = {
  signal: 'any',
  limits: LIMITS,
  stream: 'boolean',
  traceparent: 'text',
  tracestate: 'text',
  instrumentation: 'any',
  wireLog: 'any',
  context: 'any',
} as const;

const RUN_HINTS: Readonly<Record<string, string>> = {
  id: 'The option is "runId".',
  input: 'The input comes first: flow.run(input, options).',
  conversation: 'A flow has no conversation. Pass messages in its input.',
  modelSettings: 'A flow has no model. Its agents have settings.',
  maxParallelToolCalls: 'The code of a flow decides what runs in parallel.',
  state: 'A flow remembers the values of its steps. Its agents have a state.',
  abortSignal: 'The option is "signal".',
  deps: 'The option is "context".',
};

type Contextual = { readonly context?: unknown };

export const FLOW_RUN: OptionTable<FlowRunOptions & Contextual> = {
  keys: {
    ...RUN_BASICS,
    runId: 'any',
    host: 'any',
    metadata: 'object',
    owner: 'any',
    onExistingRun: { fail: true, attach: true },
  },
  hints: RUN_HINTS,
};

export const FLOW_RESUME: OptionTable<FlowResumeOptions & Contextual> = {
  keys: { ...RUN_BASICS, host: 'any', onVersionMismatch: { fail: true, continue: true } },
  hints: { ...RUN_HINTS, runId: 'The id comes first: flow.resume(runId, options).' },
};

export const FLOW_ENQUEUE: OptionTable<FlowEnqueueOptions> = {
  keys: {
    host: 'any',
    runId: 'any',
    limits: LIMITS,
    metadata: 'object',
    traceparent: 'text',
    tracestate: 'text',
    owner: 'any',
  },
  hints: { context: 'Pass it where the run is resumed: { agent: flow, context }.', id: 'The option is "runId".' },
};

export const FLOW_TOOL: OptionTable<FlowToolOptions<never, never, never>> = {
  keys: {
    ...NESTED_TOOL_KEYS,
    input: 'any',
    toInput: 'function',
  },
  hints: { ...TOOL_HINTS, prompt: 'The option is "toInput".', execute: 'A flow needs no execute.' },
};

export const STEP: OptionTable<PlainStepOptions> = {
  keys: { effect: { read: true, idempotent: true, 'non-idempotent': true } },
};

export const CALL: OptionTable<{ readonly step: string }> = {
  keys: { step: 'any' },
  hints: { name: 'The option is "step".', id: 'The option is "step".' },
};

export const ASK: OptionTable<AskOptions<unknown>> = {
  keys: { step: 'any', answer: 'any', timeoutMs: 'number' },
  hints: { schema: 'The option is "answer".', output: 'The option is "answer".', name: 'The option is "step".' },
};
