import type { WithContext, WithNeededContext } from '../agent/agent-options.ts';
import { PROMPT, runNested, toPrompt } from '../agent/as-tool.ts';
import {
  agentsOfTools,
  type BegunRun,
  type Blueprint,
  createDefinitionRecord,
  type RunInput,
} from '../agent/blueprint.ts';
import { launch } from '../agent/launch.ts';
import type { Run } from '../agent/run.ts';
import { completeClock, systemClock } from '../base/clock.ts';
import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { checkOptions, describeValue } from '../base/options.ts';
import { markOwn } from '../base/package-copy.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { getMessageText } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import { checkListeners } from '../event/check-listeners.ts';
import { checkLimits } from '../event/limit-options.ts';
import type { RunRecord } from '../host/host.ts';
import { resolveRetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { checkWireLog } from '../model/wire-log.ts';
import type { Definition } from '../perform/definition.ts';
import { checkInstrumentation } from '../perform/instrumentation.ts';
import type { Delegate } from '../perform/nested-run.ts';
import { registerRunnable } from '../perform/runnables.ts';
import { type CompiledSchema, compileSchema, type Schema } from '../schema/schema.ts';
import { describeTool, type Tool, tool } from '../tool/tool.ts';
import {
  FLOW,
  FLOW_ENQUEUE,
  FLOW_RESUME,
  FLOW_RUN,
  FLOW_TOOL,
  type FlowEnqueueOptions,
  type FlowOptions,
  type FlowResumeOptions,
  type FlowRunOptions,
  type FlowToolOptions,
} from './flow-options.ts';
import { type FlowCode, runCode } from './run-code.ts';

/**
 * A run whose head is code: agents, tools and plain code under one budget, one signal, one trace and one durable run. Immutable; holds no state
 * of runs. `host.resumeAll` and workers of hosts take it as they take an agent.
 */
export interface Flow<Context = unknown, Input = unknown, Output = unknown> {
  readonly name: string;
  /** Never set; it carries types only. */
  readonly '~run'?: (input: Input, context: Context) => Output;
  /**
   * Starts a run.
   *
   * @throws ConfigError for unknown options, an input that is not JSON, or limits that are not numbers
   */
  run(input: Input, ...[options]: WithContext<FlowRunOptions, Context>): Run<Output>;
  /**
   * Resumes a run that was suspended or interrupted by a crash. The code runs again, and finished steps return what they returned.
   *
   * Rejects with a `HostError`: `run.unknown`, `run.agent`, `run.version`, `run.changed`; `flow.diverged` if the code takes another way than its
   * recorded steps.
   */
  resume(runId: string, ...[options]: WithNeededContext<FlowResumeOptions, Context>): Run<Output>;
  /** Queues a run on a host, for `resume` or for the workers of the host. Resolves its id. @throws ConfigError, HostError `run.exists` */
  enqueue(input: Input, options: FlowEnqueueOptions): Promise<string>;
  /** Makes this flow a tool of an agent. Each call is a nested run, as with an agent as a tool. */
  asTool<Given = Input, Outer extends Context = Context>(
    options: FlowToolOptions<Given, Outer, Input>,
  ): Tool<Outer, Given, Output>;
}

/**
 * Defines a flow.
 *
 * @throws ConfigError for an invalid definition, for example an unknown option
 */
export function flow<Input = unknown, Output = unknown, Context = unknown>(
  options: FlowOptions<Context, Input, Output>,
): Flow<Context, Input, Awaited<Output>> {
  return new DefinedFlow(options as unknown as FlowOptions<never, never, unknown>) as unknown as Flow<
    Context,
    Input,
    Awaited<Output>
  >; // `Flow` has the types.
}

class DefinedFlow {
  readonly name: string;
  readonly #blueprint: Blueprint;
  readonly #input: Schema | undefined;

  constructor(given: FlowOptions<never, never, unknown>) {
    const options = readFlowOptions(given);
    this.name = options.name;
    this.#input = options.input;
    this.#blueprint = define(options);
    registerRunnable(this, (input, outer) => runNested(this.#blueprint, { input, outer }));
  }

  run(input: unknown, options: FlowRunOptions = {}): Run<unknown> {
    const checked = checkOptions(options, FLOW_RUN, `Flow "${this.name}", run`);
    const { history, input: value = null } = this.#blueprint.readInput(input);
    return launch<unknown>(this.#blueprint, { type: 'start', input: history.messages, value, options: checked });
  }

  resume(runId: string, options: FlowResumeOptions): Run<unknown> {
    const checked = checkOptions(options, FLOW_RESUME, `Flow "${this.name}", resume`);
    return launch<unknown>(this.#blueprint, { type: 'resume', runId, options: checked });
  }

  async enqueue(input: unknown, options: FlowEnqueueOptions): Promise<string> {
    const where = `Flow "${this.name}", enqueue`;
    const { host, ...queued } = checkOptions(options, FLOW_ENQUEUE, where);
    if (host === undefined || host === null) throw new ConfigError(`${where}: there is no host. Pass { host }.`);
    const { input: value = null } = this.#blueprint.readInput(input);
    return host.enqueue(this.name, { input: value }, queued);
  }

  asTool(options: FlowToolOptions<never, never, never>): Tool<never> {
    return createFlowTool(this.#blueprint, { given: options, input: this.#input });
  }
}

function readFlowOptions(given: FlowOptions<never, never, unknown>): FlowOptions<never, never, unknown> {
  const name: unknown = (given as Partial<typeof given> | undefined)?.name; // JavaScript callers may omit it.
  const where = typeof name === 'string' ? `Flow "${name}"` : 'flow()';
  const options = checkOptions(given, FLOW as never, where) as FlowOptions<never, never, unknown>; // Its table has the same keys.
  if (typeof name !== 'string' || name === '')
    throw new ConfigError(`flow(): name is ${describeValue(name)}. Pass a text.`);
  if (typeof options.run !== 'function') {
    throw new ConfigError(
      `${where}: run is ${describeValue(options.run)}. Pass the code: run: async (input, { run, call, step, ask }) => ….`,
    );
  }
  if (options.version !== undefined && typeof options.version !== 'string') {
    throw new ConfigError(`${where}: version is ${describeValue(options.version)}. Pass a text.`);
  }
  if (options.listeners !== undefined) checkListeners(options.listeners, `${where}, listeners`);
  if (options.limits !== undefined) checkLimits(options.limits, where);
  checkInstrumentation(options.instrumentation, where);
  checkWireLog(options.wireLog, where);
  return options;
}

function define(options: FlowOptions<never, never, unknown>): Blueprint {
  const { name, description, limits = {} } = options;
  const where = `Flow "${name}"`;
  const output = options.output === undefined ? undefined : compileSchema(options.output, `${where}, output`);
  const input = options.input === undefined ? undefined : compileSchema(options.input, `${where}, input`);
  const code: FlowCode = { run: options.run, input, output, blueprint: () => blueprint };
  const blueprint: Blueprint = markOwn({
    name,
    description,
    replaceParts: () => blueprint, // Its code names the agents that it runs.
    head: (begun: BegunRun) => runCode(code, begun),
    readInput: (value: unknown) => readFlowInput(value, where),
    restoreInput: (record: RunRecord) => restoreInput(record, where),
    definition: createDefinition(options, output),
    handoffs: () => [],
    instructions: undefined,
    settings: {},
    limits,
    stopConditions: [],
    maxOutputRetries: 0,
    maxParallelToolCalls: 8,
    listeners: options.listeners,
    instrumentation: options.instrumentation,
    wireLog: options.wireLog,
    clock: completeClock(options.clock ?? systemClock),
    random: options.random ?? Math.random,
    getDefinitionRecord: () => createDefinitionRecord(new Map(), options.version),
  });
  return blueprint;
}

function createDefinition(
  { name, description }: FlowOptions<never, never, unknown>,
  output: CompiledSchema | undefined,
): Definition {
  return {
    name,
    identity: { name, ...(description !== undefined && { description }), models: [] },
    model: NO_MODEL,
    models: [],
    tools: new Map(),
    toolObjects: [],
    toolChoice: undefined,
    firstToolChoice: undefined,
    validate: undefined,
    state: undefined,
    output: output && { ...output, unwrap: (value) => value, findJsonTexts: () => [] },
    middleware: [],
    retry: resolveRetryPolicy({}),
    handoffs: () => new Map(),
    speakers: () => new Map(),
  };
}

/** A flow has no turns, so nothing asks its model. The price is for its cost limit, which agents inside spend. */
const NO_MODEL: ChatModel = {
  name: 'none',
  price: { input: 0, output: 0 },
  send: () => Promise.reject(new ConfigError('A flow has no model.')),
};

/** The messages are for those who list or show runs; the code gets the value. */
function readFlowInput(value: unknown, where: string): Required<RunInput> {
  const input = copyJson((value ?? null) as Json, { where, name: 'the input', ignoresUndefined: true }); // `copyJson` checks it.
  const content = typeof input === 'string' ? input : JSON.stringify(input);
  return { history: History.from([{ role: 'user', content }]), input };
}

/** A run that was queued by `host.enqueue`, or forked with another input, has messages only: its input is the text of the last one. */
function restoreInput({ input, messages }: RunRecord, where: string): RunInput {
  if (input !== undefined) return { history: History.from(messages), input };
  const { messages: read } = readInput(messages);
  return readFlowInput(read.at(-1) === undefined ? null : getMessageText(read.at(-1) as Message), where);
}

interface FlowTool {
  readonly given: FlowToolOptions<never, never, never>;
  readonly input: Schema | undefined;
}

function createFlowTool(blueprint: Blueprint, { given, input: own }: FlowTool): Tool<never> {
  const where = describeTool(given, `Flow "${blueprint.name}", asTool`);
  const { input = own, toInput, ...options } = checkOptions(given, FLOW_TOOL, where);
  const base = tool<never, never>({ ...options, input: (input ?? PROMPT) as never }); // Either kind of schema: `tool` asks which.
  const convert = toInput as ((value: unknown) => unknown) | undefined; // `asTool` checks its type.
  const delegate: Delegate = markOwn((value, outer) => {
    const chosen = convert !== undefined ? convert(value) : input === undefined ? toPrompt(value) : value;
    return runNested(blueprint, { input: chosen, outer });
  });
  agentsOfTools.set(delegate, { getBlueprint: () => blueprint, replaceAgent: () => delegate });
  return Object.freeze({ ...base, hasExternalResult: false, delegate });
}
