import { completeClock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { markOwn } from '../base/package-copy.ts';
import type { UserMessage } from '../chat/message.ts';
import { readInput, readUserMessage } from '../chat/read-input.ts';
import type { ChatSettings, ToolObject } from '../chat/request.ts';
import { resolveRetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Definition } from '../perform/definition.ts';
import { runInScope } from '../perform/perform.ts';
import { registerRunnable } from '../perform/runnables.ts';
import { createToolOffer, createTurnInstructions, isTurnInstructions } from '../perform/turn-rules.ts';
import { type CompiledOutput, compileOutput } from '../schema/compile-output.ts';
import { compileSchema, type Schema } from '../schema/schema.ts';
import type { Tool } from '../tool/tool.ts';
import type {
  AgentBasics,
  AgentOptions,
  AnyHandoff,
  AnyMiddleware,
  AnyTool,
  ContinueOptions,
  Either,
  EndsOf,
  Input,
  NeededBy,
  None,
  PartsOptions,
  ResumeOptions,
  RunOptions,
  WithContext,
  WithNeededContext,
} from './agent-options.ts';
import { type AsToolOptions, createAgentTool, runNested } from './as-tool.ts';
import {
  type BegunRun,
  type Blueprint,
  createDefinitionRecord,
  type Handoff,
  hasTextGuard,
  type ModelChoice,
  type ToolSelection,
} from './blueprint.ts';
import {
  checkAgentOptions,
  checkToolChoice,
  checkWholeNumber,
  indexTools,
  isFirstChoice,
  readAgentOptions,
  readStopConditions,
} from './check-options.ts';
import {
  createHandoff,
  findSpeakers,
  type HandoffOptions,
  type Handoffs,
  listDestinations,
  readHandoffs,
} from './handoff.ts';
import { launch } from './launch.ts';

import { replaceParts } from './replace-parts.ts';
import type { Run } from './run.ts';

/**
 * A reusable definition of an agent: model, instructions, tools and limits. Immutable; holds no state of runs.
 *
 * `Context` is the application's context value that the parts of the agent need. `Output` is the output of a run, `Handed` the part of it
 * that comes from agents that the conversation may be handed over to.
 *
 * @throws ConfigError for an invalid definition, for example an unknown option, a duplicate tool name or a limit that is not a number
 */
export interface Agent<Context = unknown, Output = string, Handed = Output> {
  readonly name: string;
  /** Never set; it carries types only. */
  readonly '~run'?: (input: Input, context: Context) => Output;
  /**
   * Whether text that a run of this agent emits may be withdrawn by a guard: middleware with `isTextGuard` of this agent, of an agent that
   * it may hand over to, or of an agent as a tool of these. If so, a server or an interface must not show the text of `text.delta`,
   * `reasoning.delta`, `refusal.delta` and `output.partial`, but that of `model.responded` without `rejection`.
   */
  readonly hasTextGuard: boolean;
  /**
   * Starts a run. To continue a history, pass the `messages` of an outcome and the next user message.
   *
   * @throws ConfigError for unknown options, messages that are not a valid history, `n` greater than 1, or limits that cannot be enforced
   */
  run(input: Input, ...[options]: WithContext<RunOptions, Context>): Run<Output>;
  /**
   * Resumes a run that was suspended or interrupted by a crash.
   *
   * - If the run has ended, it returns the outcome again.
   * - If a worker already executes the run, it follows that worker: it emits the events, and an abort cancels the run there.
   *
   * Rejects with a `HostError`: `run.unknown`, `run.agent`, `run.version`, `run.changed`.
   */
  resume(runId: string, ...[options]: WithNeededContext<ResumeOptions, Context>): Run<Output>;
  /**
   * Sends a user message to the open run of a conversation, or starts a new run. Completed work is never lost, and two calls at the same
   * time do not start two runs.
   *
   * - A suspended run gets the message as by `host.sendMessage` and continues: its open calls are cancelled.
   * - A run that this process executes gets the message as by `run.steer`, and is followed.
   * - An interrupted run is finished first; a run of another process is awaited. Then a new run starts.
   *
   * `run.runId` is known from the first event on.
   *
   * @throws ConfigError for a message that is not a user message, or without host or conversation
   */
  continueConversation(
    message: string | UserMessage,
    ...[options]: WithNeededContext<ContinueOptions, Context>
  ): Run<Output>;
  /**
   * Copies the agent with other options, for example with a test model or other limits. Its handoffs and agents as tools stay the same, except with `models` as a function.
   *
   * @param changes - The options that replace those of the agent, or a function that returns them. The function gets the current
   * options, so that it can add to a list: `({ tools = [] }) => ({ tools: [...tools, search] })`.
   * `models: (agent) => model` replaces the models of the agent, those that its middleware, its `validate` and its history filters ask by
   * `scope.callModel`, and those of all agents that it has as tools or may hand over to, for example in a test. It does not reach agents
   * that code runs. `tools: (agent) => tools` replaces the tools of the agents in the same way, for example by those of a recorded run.
   * @throws ConfigError like the constructor
   */
  with(changes: ReplacedParts): Agent<Context, Output, Handed>;
  with(
    changes: AgentChanges<Context, Partial<AgentOptions<Context, never, never>> & NoOutput>,
  ): Agent<Context, Either<string, Handed>, Handed>;
  with<
    T extends AnyTool = None,
    M extends AnyMiddleware = None,
    H extends AnyHandoff = None,
    Own = unknown,
    Changed = None,
  >(
    changes: AgentChanges<
      Context,
      Partial<PartsOptions<T, M, H, Context & Own, Changed, StoppedAfter<Changed>, readonly ChatModel[] | ModelChoice>>
    >,
  ): Agent<
    Context & Own & NeededBy<T | M | H>,
    Either<[Changed] extends [None] ? Output : Changed, HandedAfter<H, Handed>>,
    HandedAfter<H, Handed>
  >;
  /**
   * Makes this agent a tool of another agent. Each call is a nested run. It shares the host, budget, signal and context of the outer run,
   * and emits its events there with its `path`; it has its own conversation. If it does not complete, the calling model gets an error
   * result with the reason.
   */
  asTool<Given = { readonly prompt: string }, Outer = unknown, Result = Output>(
    options: AsToolOptions<Given, Outer, Context, Output, Result> &
      Required<Pick<AsToolOptions<Given, Outer, Context>, 'context'>>,
  ): Tool<Outer, Given, Result>;
  asTool<Given = { readonly prompt: string }, Outer extends Context = Context, Result = Output>(
    options: AsToolOptions<Given, Outer, Context, Output, Result>,
  ): Tool<Outer, Given, Result>;
  /**
   * Makes this agent the target of a handoff, with options: the name and description for the model, an input filter, approval. Without
   * options, pass the agent itself: `handoffs: [billing]`.
   */
  asHandoff<Given = { readonly reason?: string }, Outer extends Context = Context>(
    options?: HandoffOptions<Outer, Given>,
  ): Handoff<Outer, Output>;
}

/** Functions that replace parts of an agent, and of all agents that it has as tools or may hand over to. */
interface ReplacedParts {
  readonly tools: ToolSelection;
  readonly models?: ModelChoice;
}

/** Other options for an agent, or a function that returns them. */
type AgentChanges<Context, Options> = Options | ((options: AgentOptions<Context, unknown>) => Options);

/** Without an output schema the output is text. */
interface NoOutput {
  readonly output: undefined;
}

interface HasOutput<Output> {
  readonly output: Schema<Output>;
}

/** The output of the agent itself must not be here: an agent with a narrower output could then not be used as one with a wider output. */
type StoppedAfter<Changed> = [Changed] extends [None] ? unknown : Changed;

type HandedAfter<H, Handed> = None extends H ? Handed : EndsOf<H>;

/** TypeScript takes the first matching signature. Signatures that infer nothing are for explicit type arguments. */
export interface AgentConstructor {
  readonly prototype: Agent;
  /** @throws ConfigError for an invalid definition, for example a duplicate tool name or a limit that is not a number */
  new <Context = unknown, Handed = never>(
    options: AgentOptions<Context, never, Handed> & Partial<NoOutput>,
  ): Agent<Context, Either<string, Handed>, Handed>;
  new <Context, Output, Handed = never>(
    options: AgentOptions<Context, Output, Handed> & HasOutput<Output>,
  ): Agent<Context, Either<Output, Handed>, Handed>;
  /** For parts that need different contexts: the agent needs all of them. */
  new <T extends AnyTool, M extends AnyMiddleware, H extends AnyHandoff, Output = string>(
    options: PartsOptions<T, M, H, NeededBy<T | M | H>, Output>,
  ): Agent<NeededBy<T | M | H>, Either<Output, EndsOf<H>>, EndsOf<H>>;
  new <T extends AnyTool, M extends AnyMiddleware, H extends AnyHandoff, Instructed, Output = string>(
    options: PartsOptions<T, M, H, Instructed, Output>,
  ): Agent<Instructed & NeededBy<T | M | H>, Either<Output, EndsOf<H>>, EndsOf<H>>;
  /** For an explicit context: the output type is then not inferred. */
  new <Context, Output = unknown>(options: AgentOptions<Context, Output> & HasOutput<Output>): Agent<Context, Output>;
  new <Context, Output = never, Handed = Output>(
    options: AgentOptions<Context, Output, Handed>,
  ): Agent<Context, Either<Either<string, Output>, Handed>, Handed>;
}

export const Agent: AgentConstructor = class Agent {
  readonly name: string;
  readonly #options: AgentOptions<never, unknown>;
  readonly #blueprint: Blueprint;
  #hasTextGuard: boolean | undefined;

  constructor(options: AgentOptions<never, unknown>) {
    this.#options = readAgentOptions(options);
    this.#blueprint = define(this.#options);
    this.name = this.#blueprint.name;
    registerRunnable(this, (input, outer) => runNested(this.#blueprint, { input, outer }));
  }

  get hasTextGuard(): boolean {
    this.#hasTextGuard ??= hasTextGuard(this.#blueprint);
    return this.#hasTextGuard;
  }

  run(input: Input, options?: RunOptions): Run<unknown> {
    return launch<unknown>(this.#blueprint, { type: 'start', input, options: options === undefined ? {} : options });
  }

  resume(runId: string, options: ResumeOptions): Run<unknown> {
    return launch<unknown>(this.#blueprint, { type: 'resume', runId, options });
  }

  continueConversation(message: string | UserMessage, options: ContinueOptions): Run<unknown> {
    const userMessage = readUserMessage(message, 'continueConversation');
    return launch<unknown>(this.#blueprint, { type: 'continue', message: userMessage, options });
  }

  with(changes: AgentChanges<never, Partial<ChangedOptions>>): Agent {
    const given = typeof changes === 'function' ? changes({ ...this.#options }) : changes;
    const {
      models: list,
      tools,
      ...others
    } = readAgentOptions(given as Partial<AgentOptions<never, unknown>>, this.name);
    const { models: choose, tools: select } = given;
    const hasTools = 'tools' in given && typeof select !== 'function';
    const options = { ...this.#options, ...others, ...(hasTools && { tools: tools === undefined ? [] : tools }) };
    if (typeof choose === 'function' || typeof select === 'function') {
      const done = new Map<Blueprint, Blueprint>();
      const replacement = {
        choose: typeof choose === 'function' ? choose : undefined,
        chooseTools: typeof select === 'function' ? select : undefined,
        done,
      };
      const agent = new Agent(replaceParts(options, replacement));
      done.set(this.#blueprint, agent.#blueprint); // The agents inside are created later, and may refer to this one.
      return agent;
    }
    return new Agent({ ...options, ...('models' in given && { models: list }) });
  }

  asTool(options: AsToolOptions<never, never, never, never>): Tool<never> {
    return createAgentTool(this.#blueprint, options);
  }

  asHandoff(options?: HandoffOptions<never, never>): Handoff<never, never> {
    return createHandoff(this.#blueprint, options === undefined ? {} : options);
  }
} as unknown as AgentConstructor; // The methods have the types of `Agent`, whose inference does not exist at run time.

/** The options that `with` takes. */
type ChangedOptions = Omit<AgentOptions<never, unknown>, 'models' | 'tools'> & {
  readonly tools?: AgentOptions<never, unknown>['tools'] | ToolSelection;
  readonly models?: readonly ChatModel[] | ModelChoice;
};

/** Checks an agent's options, and creates what its runs share. */
function define<Context, Output>(options: AgentOptions<Context, Output>): Blueprint {
  const { name = 'agent', modelSettings: settings = {}, limits = {} } = options;
  checkAgentOptions(options, name);
  const output = options.output === undefined ? undefined : compileOutput(options.output, `Agent "${name}", output`);
  const handoffs = makeOnce(() => readHandoffs((options.handoffs ?? []) as Handoffs<never, unknown>, name)); // As in `Definition`.
  const definition = makeOnce(() =>
    makeDefinition(options, { name, output, handoffs: handoffs(), blueprint: () => blueprint }),
  );
  const blueprint: Blueprint = markOwn({
    replaceParts: (replacement) => define(replaceParts(options as AgentOptions<never, unknown>, replacement)),
    name,
    head: ({ scope, state }: BegunRun) => runInScope(scope, state),
    readInput: (input: unknown) => ({ history: readInput(input as Input) }), // `readInput` checks it.
    description: options.description,
    get definition() {
      return definition();
    },
    handoffs,
    instructions: isTurnInstructions(options.instructions) ? undefined : options.instructions,
    settings: output === undefined ? settings : { ...settings, response_format: makeResponseFormat(output) },
    limits,
    stopConditions: readStopConditions(options as AgentOptions<never, unknown>, name),
    maxOutputRetries: checkWholeNumber(options.maxOutputRetries ?? 2, {
      agent: name,
      field: 'maxOutputRetries',
      least: 0,
    }),
    maxParallelToolCalls: checkWholeNumber(options.maxParallelToolCalls ?? 8, {
      agent: name,
      field: 'maxParallelToolCalls',
      least: 1,
    }),
    listeners: options.listeners,
    instrumentation: options.instrumentation,
    wireLog: options.wireLog,
    clock: completeClock(options.clock ?? systemClock),
    random: options.random ?? Math.random,
    getDefinitionRecord: makeOnce(() => createDefinitionRecord(definition().tools, options.version)),
  });
  if (typeof options.handoffs !== 'function') definition();
  return blueprint;
}

interface DefinitionParts {
  readonly name: string;
  readonly output: CompiledOutput | undefined;
  readonly handoffs: readonly Handoff[];
  readonly blueprint: () => Blueprint;
}

function makeDefinition<Context, Output>(
  options: AgentOptions<Context, Output>,
  { name, output, handoffs, blueprint }: DefinitionParts,
): Definition {
  const tools = indexTools([...(options.tools ?? []), ...handoffs.map(({ tool }) => tool)], name);
  checkToolChoice(options.toolChoice, { agent: name, tools });
  const { model, models = [], description } = options;
  return {
    name,
    identity: { name, ...(description !== undefined && { description }), models: [model, ...models] },
    model,
    models,
    tools,
    toolObjects: listToolObjects(tools),
    ...readToolChoice(options.toolChoice),
    output,
    state: defineState(options, name),
    validate: options.validate as Definition['validate'], // `Agent` checks the types of its value and context.
    middleware: [
      ...createTurnInstructions(options.instructions),
      ...createToolOffer(tools.values()),
      ...(options.middleware ?? []),
    ],
    retry: resolveRetryPolicy(options.retry ?? {}),
    handoffs: makeOnce(() => listDestinations(handoffs)),
    speakers: makeOnce(() => findSpeakers(blueprint())),
  };
}

/** @throws ConfigError for a schema that is none, and for a rule that does not exist */
function defineState(
  { state, stateRules: rules = {} }: Pick<AgentBasics, 'state' | 'stateRules'>,
  agent: string,
): Definition['state'] {
  if (state === undefined) {
    if (Object.keys(rules).length === 0) return undefined;
    throw new ConfigError(`Agent "${agent}" has stateRules, but no state. Pass state: z.object({ … }).`);
  }
  const wrong = Object.entries(rules).find(([, rule]) => !['append', 'add', 'last'].includes(rule));
  if (wrong !== undefined) {
    throw new ConfigError(
      `Agent "${agent}": stateRules.${wrong[0]} is ${describeValue(wrong[1])}. Pass "append", "add" or "last".`,
    );
  }
  const { validate } = compileSchema(state, `Agent "${agent}", state`);
  return { agent, validate, rules };
}

function readToolChoice(choice: AgentBasics['toolChoice']): Pick<Definition, 'toolChoice' | 'firstToolChoice'> {
  if (isFirstChoice(choice)) return { firstToolChoice: choice.first, toolChoice: undefined };
  return { firstToolChoice: choice, toolChoice: choice };
}

function makeOnce<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function listToolObjects(tools: ReadonlyMap<string, Tool>): readonly ToolObject[] {
  return Object.freeze([...tools.values()].map(makeToolObject));
}

/** Uses the tool's own name and description, which a wrapper may have changed: `{ ...tool, name: 'other' }`. */
function makeToolObject({ name, description, functionObject, customObject }: Tool): ToolObject {
  const named = { name, ...(description !== undefined && { description }) };
  if (customObject !== undefined) return { type: 'custom', custom: { ...customObject, ...named } };
  return { type: 'function', function: { ...functionObject, ...named } };
}

function makeResponseFormat({ jsonSchema }: CompiledOutput): NonNullable<ChatSettings['response_format']> {
  return { type: 'json_schema', json_schema: { name: 'output', schema: jsonSchema } };
}
