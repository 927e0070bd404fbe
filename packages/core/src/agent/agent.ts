import { completeClock, systemClock } from '../base/clock.ts';
import { markOwn } from '../base/package-copy.ts';
import type { UserMessage } from '../chat/message.ts';
import { readUserMessage } from '../chat/read-input.ts';
import type { ChatSettings, ToolObject } from '../chat/request.ts';
import { resolveRetryPolicy } from '../model/attempts.ts';
import type { Definition } from '../perform/definition.ts';
import { type CompiledOutput, compileOutput } from '../schema/compile-output.ts';
import type { Schema } from '../schema/schema.ts';
import type { Tool } from '../tool/tool.ts';
import type {
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
import { type AsToolOptions, agentTool } from './as-tool.ts';
import { type Blueprint, digestDefinition, type Handoff } from './blueprint.ts';
import {
  checkAgentOptions,
  checkToolChoice,
  checkWholeNumber,
  indexTools,
  readAgentOptions,
  readStopRules,
} from './check-options.ts';
import { destinationsOf, type HandoffOptions, type Handoffs, handOffOf, handOffsOf, speakersOf } from './handoff.ts';
import { launch } from './launch.ts';
import type { Run } from './run.ts';

/**
 * A reusable definition of who answers: model, instructions, tools, limits. Immutable, and without the state of any run.
 *
 * `Context` is the application's value that its parts need. `Output` is what a run may end with, `Handed` the part of it that comes from
 * agents that the conversation may go over to.
 *
 * @throws ConfigError where the definition can't work: an unknown option, a tool's name twice, a limit that is no number …
 */
export interface Agent<Context = unknown, Output = string, Handed = Output> {
  readonly name: string;
  /**
   * Starts a run. History goes on by passing an outcome's `messages` and the next user message.
   *
   * @throws ConfigError for unknown options, messages that no history can have, `n` greater than 1, or limits that can't hold.
   */
  run(input: Input, ...[options]: WithContext<RunOptions, Context>): Run<Output>;
  /**
   * Goes on with a run by its id: one that was suspended, or that a crash left unfinished. The outcome of an ended run
   * is given again; one that somebody works on already is looked at: its facts are told as they are remembered, and an abort
   * ends it there. Rejects with a `HostError`: `run.unknown`, `run.agent`, `run.version`, `run.changed`.
   */
  resume(runId: string, ...[options]: WithNeededContext<ResumeOptions, Context>): Run<Output>;
  /**
   * Says something in a conversation: to its open run, or else in a new one. Nothing that a run has executed is lost, and a second
   * click begins no second run.
   *
   * - A suspended run gets the message as `host.send` gives it, and goes on: its open calls are closed as cancelled.
   * - A run at work in this process gets it as `run.steer` does, and is followed.
   * - A run that was broken off is finished first; one at work elsewhere is waited for. Then a new run begins.
   *
   * `run.id` is known from the first event on.
   *
   * @throws ConfigError for a message that is not a user's, or without host or conversation.
   */
  continueConversation(
    message: string | UserMessage,
    ...[options]: WithNeededContext<ContinueOptions, Context>
  ): Run<Output>;
  /**
   * The same agent but for these options, which replace its own: with the model of a test, under other limits. Agents that it hands over
   * to, or has as tools, stay what they are.
   *
   * @throws ConfigError as the constructor does.
   */
  with(
    changes: Partial<AgentOptions<Context, never, never>> & NoOutput,
  ): Agent<Context, Either<string, Handed>, Handed>;
  with<
    T extends AnyTool = None,
    M extends AnyMiddleware = None,
    H extends AnyHandoff = None,
    Own = unknown,
    Changed = None,
  >(
    changes: Partial<PartsOptions<T, M, H, Context & Own, Changed>>,
  ): Agent<
    Context & Own & NeededBy<T | M | H>,
    Either<[Changed] extends [None] ? Output : Changed, HandedAfter<H, Handed>>,
    HandedAfter<H, Handed>
  >;
  /**
   * This agent as a tool of another. Each call is a run inside the run: it shares host, purse, signal, context and events, which
   * carry its path; its conversation is its own. What ends otherwise than completed is told to the calling model as such.
   */
  asTool<Given = { readonly prompt: string }>(options: AsToolOptions<Given, Context>): Tool<Context, Given, Output>;
  /**
   * This agent as one that another may hand the conversation over to, with options: what it sees of it, when, who has to agree. Without
   * any, pass the agent itself: `handoffs: [billing]`.
   */
  asHandoff(options?: HandoffOptions<Context>): Handoff<Context, Output>;
}

/** Without an output schema a run ends with a text. */
interface NoOutput {
  readonly output: undefined;
}

interface HasOutput<Output> {
  readonly output: Schema<Output>;
}

type HandedAfter<H, Handed> = None extends H ? Handed : EndsOf<H>;

/** The first signature that fits counts. Those by which nothing is inferred are for type arguments that are written by hand. */
export interface AgentConstructor {
  readonly prototype: Agent;
  /** @throws ConfigError where the definition can't work: a tool's name twice, a limit that is no number … */
  new <Context = unknown, Handed = never>(
    options: AgentOptions<Context, never, Handed> & Partial<NoOutput>,
  ): Agent<Context, Either<string, Handed>, Handed>;
  new <Context, Output, Handed = never>(
    options: AgentOptions<Context, Output, Handed> & HasOutput<Output>,
  ): Agent<Context, Either<Output, Handed>, Handed>;
  /** Parts that need different contexts: the agent needs all of these contexts. */
  new <T extends AnyTool, M extends AnyMiddleware, H extends AnyHandoff, Output = string>(
    options: PartsOptions<T, M, H, NeededBy<T | M | H>, Output>,
  ): Agent<NeededBy<T | M | H>, Either<Output, EndsOf<H>>, EndsOf<H>>;
  new <T extends AnyTool, M extends AnyMiddleware, H extends AnyHandoff, Instructed, Output = string>(
    options: PartsOptions<T, M, H, Instructed, Output>,
  ): Agent<Instructed & NeededBy<T | M | H>, Either<Output, EndsOf<H>>, EndsOf<H>>;
  /** The context by hand: what the output schema gives is then not inferred. */
  new <Context>(options: AgentOptions<Context, unknown> & HasOutput<unknown>): Agent<Context, unknown>;
  new <Context, Output, Handed = Output>(
    options: AgentOptions<Context, Output, Handed>,
  ): Agent<Context, Either<Either<string, Output>, Handed>, Handed>;
}

export const Agent: AgentConstructor = class Agent {
  readonly name: string;
  readonly #options: AgentOptions<never, unknown>;
  readonly #blueprint: Blueprint;

  constructor(options: AgentOptions<never, unknown>) {
    this.#options = readAgentOptions(options);
    this.#blueprint = define(this.#options);
    this.name = this.#blueprint.name;
  }

  run(input: Input, options?: RunOptions): Run<unknown> {
    return launch<unknown>(this.#blueprint, { type: 'start', input, options: options === undefined ? {} : options });
  }

  resume(runId: string, options: ResumeOptions): Run<unknown> {
    return launch<unknown>(this.#blueprint, { type: 'resume', runId, options });
  }

  continueConversation(message: string | UserMessage, options: ContinueOptions): Run<unknown> {
    const said = readUserMessage(message, 'continueConversation');
    return launch<unknown>(this.#blueprint, { type: 'continue', message: said, options });
  }

  with(changes: Partial<AgentOptions<never, unknown>>): Agent {
    return new Agent({ ...this.#options, ...readAgentOptions(changes, this.name) });
  }

  asTool(options: AsToolOptions<never, never>): Tool<never> {
    return agentTool(this.#blueprint, options);
  }

  asHandoff(options?: HandoffOptions<never>): Handoff<never, never> {
    return handOffOf(this.#blueprint, options === undefined ? {} : options);
  }
} as unknown as AgentConstructor; // The types of its methods are those of `Agent`: what they infer is gone at run time.

/** Checks the values of an agent's options, and makes once what its runs share. */
function define<Context, Output>(options: AgentOptions<Context, Output>): Blueprint {
  const { name = 'agent', modelSettings: settings = {}, limits = {} } = options;
  checkAgentOptions(options, name);
  const output = options.output === undefined ? undefined : compileOutput(options.output, `Agent "${name}", output`);
  const handoffs = makeOnce(() => handOffsOf((options.handoffs ?? []) as Handoffs<never, unknown>, name)); // As in `Definition`.
  const definition = makeOnce(() =>
    makeDefinition(options, { name, output, handoffs: handoffs(), blueprint: () => blueprint }),
  );
  const blueprint: Blueprint = markOwn({
    name,
    description: options.description,
    get definition() {
      return definition();
    },
    handoffs,
    instructions: options.instructions,
    settings: output === undefined ? settings : { ...settings, response_format: makeResponseFormat(output) },
    limits,
    stopRules: readStopRules(options, name),
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
    clock: completeClock(options.clock ?? systemClock),
    random: options.random ?? Math.random,
    digest: makeOnce(() => digestDefinition(definition().tools, options.version)),
  });
  if (typeof options.handoffs !== 'function') definition();
  return blueprint;
}

interface Parts {
  readonly name: string;
  readonly output: CompiledOutput | undefined;
  readonly handoffs: readonly Handoff[];
  readonly blueprint: () => Blueprint;
}

function makeDefinition<Context, Output>(
  options: AgentOptions<Context, Output>,
  { name, output, handoffs, blueprint }: Parts,
): Definition {
  const tools = indexTools([...(options.tools ?? []), ...handoffs.map(({ tool }) => tool)], name);
  checkToolChoice(options.toolChoice, { agent: name, tools });
  return {
    name,
    model: options.model,
    models: options.models ?? [],
    tools,
    toolObjects: listToolObjects(tools),
    toolChoice: options.toolChoice,
    output,
    middleware: options.middleware ?? [],
    retry: resolveRetryPolicy(options.retry ?? {}),
    handoffs: makeOnce(() => destinationsOf(handoffs)),
    speakers: makeOnce(() => speakersOf(blueprint())),
  };
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

/** A wrapper may have given the tool another name or description: `{ ...tool, name: 'other' }`. */
function makeToolObject({ name, description, functionObject, customObject }: Tool): ToolObject {
  const named = { name, ...(description !== undefined && { description }) };
  if (customObject !== undefined) return { type: 'custom', custom: { ...customObject, ...named } };
  return { type: 'function', function: { ...functionObject, ...named } };
}

function makeResponseFormat({ jsonSchema }: CompiledOutput): NonNullable<ChatSettings['response_format']> {
  return { type: 'json_schema', json_schema: { name: 'output', schema: jsonSchema } };
}
