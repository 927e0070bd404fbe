import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import type { Message } from '../chat/message.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import type { Listeners } from '../event/observers.ts';
import type { StateRule } from '../event/remembered-state.ts';
import type { Conversation } from '../host/conversation.ts';
import type { Host } from '../host/host.ts';
import type { Limits } from '../limits/limits.ts';
import type { StopCondition } from '../loop/stop-condition.ts';
import type { RetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { WireLog } from '../model/wire-log.ts';
import type { OutputValidator } from '../perform/definition.ts';
import type { Instrumentation } from '../perform/instrumentation.ts';
import type { Middleware } from '../perform/middleware.ts';
import type { TurnInstructions } from '../perform/turn-rules.ts';
import type { Schema } from '../schema/schema.ts';
import type { ContextConsumer, ContextIntersection } from '../tool/needed-context.ts';
import type { Tool } from '../tool/tool.ts';
import type { Handoff } from './blueprint.ts';
import type { Handoffs, HandoffTarget } from './handoff.ts';

/** Options of every agent that do not depend on its context or output. */
export interface AgentBasics<Models = readonly ChatModel[]> {
  /** The name in events, errors and run records. @defaultValue 'agent' */
  readonly name?: string;
  /**
   * The version of the agent. A run is resumed only by the version that began it, unless `onVersionMismatch` is `'continue'`. Without
   * a version, runs continue from their recorded steps after any change.
   */
  readonly version?: string;
  /** The purpose of the agent, for the models of agents that may hand over to it. */
  readonly description?: string;
  readonly model: ChatModel;
  /** Further models that `prepareTurn` of a middleware may select. */
  readonly models?: Models;
  /**
   * Applies to every turn. With `'required'` or the name of a tool the model can never answer with text, and the run continues to its
   * limits. `{ first: 'required' }` applies only until this agent has called a tool in the run; then the server's default applies.
   *
   * @defaultValue the default of the server, `'auto'`
   */
  readonly toolChoice?: ToolChoice | { readonly first: ToolChoice };
  /** How often the model may correct an output that does not match the schema, or that `validate` or a guard rejects. @defaultValue 2 */
  readonly maxOutputRetries?: number;
  /** Request fields in the spelling of the wire: `temperature`, `max_completion_tokens` … */
  readonly modelSettings?: ChatSettings;
  readonly limits?: Limits;
  readonly retry?: RetryPolicy;
  /**
   * Listeners for every run of this agent that this process executes, resumed ones included, from the first event on. They are called
   * after those of the host and before those of the run. Events of nested runs have their `path`. Listeners are not awaited, and their
   * errors do not affect the run.
   */
  readonly listeners?: Listeners | undefined;
  /**
   * Wraps every attempt at a run of this agent, with its model calls and tool calls, those of nested runs and of handoffs included: `telemetry()`
   * of `@pawl/otel`. Inside a run of another agent, that agent's is used.
   */
  readonly instrumentation?: Instrumentation | undefined;
  /**
   * Gets the exact bytes of every model request of a run of this agent and of its response, those of nested runs and of handoffs included,
   * without keys: `memoryWireLog()` of `@pawl/core/wire-log`. Inside a run of another agent, that agent's is used.
   */
  readonly wireLog?: WireLog | undefined;
  /**
   * The schema of a state that the run remembers: an object of JSON. Tools change it as part of their step (`toolContext.state.update`);
   * instructions, `when`, `needsApproval`, `stopWhen`, guards, `validate` and history filters read it; `outcome.state` has it. It survives
   * resumption, handoffs and forks. Agents that take over a conversation share it; an agent as a tool has its own.
   */
  readonly state?: Schema<object> | undefined;
  /**
   * How changes of a field by parallel calls are merged: `append` for lists, `add` for numbers, `last`. Without a rule the later call of
   * the turn loses its changes, and the model reads that.
   */
  readonly stateRules?: Readonly<Record<string, StateRule>>;
  /** How many calls of one turn may run in parallel. @defaultValue 8 */
  readonly maxParallelToolCalls?: number;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** Returns a number from 0 to 1, for the delays between attempts. @defaultValue Math.random */
  readonly random?: () => number;
}

/** `Output` is the output of the agent itself, `Handed` that of the agents that it may hand over to. */
export interface AgentOptions<Context, Output, Handed = Output> extends AgentBasics {
  /** The system message of every request. A function is called once for each run, `eachTurn` before each turn. */
  readonly instructions?: string | ((context: Context) => string | Promise<string>) | TurnInstructions<Context>;
  readonly tools?: readonly Tool<Context>[];
  /**
   * Agents that this agent may hand the conversation over to. When the model calls `transfer_to_…`, the other agent continues the run with
   * its own model, instructions, tools, output and middleware, within the limits of the run. Pass a function if agents refer to each other.
   */
  readonly handoffs?: Handoffs<Context, Handed>;
  /** The schema of the output. Without it the output is text. */
  readonly output?: Schema<Output> | undefined;
  /**
   * Conditions that are evaluated when all calls of a turn have results, and may end the run as `completed`: `stopOnTool('tool_name')` or
   * a function, which returns a boolean or `{ output }`. The first condition that holds wins.
   */
  readonly stopWhen?: StopConditions<Context, NoInfer<OutputOrText<Output>>> | undefined;
  /** Checks the output beyond its schema. */
  readonly validate?: OutputValidator<Context, OutputOrText<Output>> | undefined;
  /** The first middleware is the outermost. */
  readonly middleware?: readonly Middleware<Context>[];
}

type StopConditions<Context, Output> = StopCondition<Context, Output> | readonly StopCondition<Context, Output>[];

/** The output of an agent without a schema is text. */
type OutputOrText<Output> = [Output] extends [never] ? string : Output;

interface RunBasics {
  /** An abort ends the run for good. */
  readonly signal?: AbortSignal;
  /** Each limit replaces that of the agent. */
  readonly limits?: Limits;
  /** Each setting replaces that of the agent. */
  readonly modelSettings?: ChatSettings;
  /** How many calls of one turn may run in parallel. @defaultValue the number of the agent */
  readonly maxParallelToolCalls?: number;
  /**
   * Whether responses are requested as streams.
   * @defaultValue true if the run has an iterator, or a listener for `text.delta` or another delta event
   */
  readonly stream?: boolean;
  /** The W3C trace context header, which tools and models get. */
  readonly traceparent?: string;
  /** The W3C `tracestate` header that came with `traceparent`. Ignored without it. */
  readonly tracestate?: string;
  /** Wraps this run as `instrumentation` of the agent does, and that one. */
  readonly instrumentation?: Instrumentation | undefined;
  /** Gets the bytes of the model requests of this run, after that of the agent. */
  readonly wireLog?: WireLog | undefined;
  /**
   * The conversation of the run. The run begins with the messages of the conversation, and appends its own when it has ended, unless a
   * guard refused it. Pass it again to resume the run. If other runs have written meanwhile, the outcome stays the same and the run rejects
   * with a `ConversationError`, which has the messages that were not stored.
   */
  readonly conversation?: Conversation;
}

export interface RunOptions extends RunBasics {
  /** @defaultValue a random UUID */
  readonly runId?: string;
  /** Records the steps of the run. @defaultValue memory of the run, which ends with it */
  readonly host?: Host;
  /**
   * The first state of the run, for an agent with `state`: for example `outcome.state` of the last run of a conversation. If it does not match the
   * schema, the run fails.
   *
   * @defaultValue what the schema makes of an empty object
   */
  readonly state?: JsonObject;
  /** Stored with the run. */
  readonly metadata?: JsonObject;
  /** Whose run it is, such as the id of a user. Stored with the run, apart from `metadata`; `host.listRuns({ owner })` finds it. */
  readonly owner?: string;
  /**
   * What to do if the host already has a run with this id. `'attach'` follows that run and returns its outcome. If the input differs,
   * `'attach'` fails with `run.conflict`.
   *
   * @defaultValue 'fail', with `run.exists`
   */
  readonly onExistingRun?: 'fail' | 'attach';
}

/** Options of `agent.continueConversation`: the host has the runs of the conversation. */
export interface ContinueOptions extends RunOptions, Pick<ResumeOptions, 'onVersionMismatch'> {
  readonly host: Host;
  readonly conversation: Conversation;
}

export interface ResumeOptions extends RunBasics {
  /** The host that the run was started on. */
  readonly host: Host;
  /**
   * What to do if another version of the agent began the run, or if the tool of an open call is missing or rejects the arguments.
   * `'continue'` returns an error for such calls to the model.
   *
   * @defaultValue 'fail', with `run.version` or `run.changed`
   */
  readonly onVersionMismatch?: 'fail' | 'continue';
}

/** Requires `context` only if a tool, a middleware or the instructions need one. */
export type WithContext<Options, Context> = unknown extends Context
  ? [options?: Options]
  : [options: Options & { readonly context: Context }];

/** Like `WithContext`, for required options. */
export type WithNeededContext<Options, Context> = unknown extends Context
  ? [options: Options]
  : [options: Options & { readonly context: Context }];

/** The text of a user message, or messages of any role. */
export type Input = string | readonly Message[];

// The parts of an agent may need different contexts; the agent needs all of them. TypeScript alone would infer only the first.

/** The type argument if no part of a kind is given. */
export interface None {
  readonly '~none': never;
}

export type AnyTool = Tool<never> | None;
export type AnyMiddleware = Middleware<never> | None;
export type AnyHandoff = HandoffTarget<never, unknown> | None;

/**
 * The options of an agent, inferred part by part. `Instructed` is the context that the instructions need, `Stopped` the output of stop
 * conditions.
 */
export interface PartsOptions<T, M, H, Instructed, Output, Stopped = Output, Models = readonly ChatModel[]>
  extends AgentBasics<Models> {
  readonly tools?: readonly T[];
  readonly middleware?: readonly M[];
  readonly handoffs?: readonly H[] | (() => readonly H[]);
  readonly instructions?: string | ((context: Instructed) => string | Promise<string>) | TurnInstructions<Instructed>;
  readonly output?: Schema<Output>;
  readonly stopWhen?: StopConditions<Instructed, NoInfer<Stopped>> | undefined;
  readonly validate?: OutputValidator<Instructed, Output> | undefined;
}

/** The context that all parts need together. */
export type NeededBy<Part> = ContextIntersection<
  Part extends None
    ? never
    : Part extends Tool<infer Context, unknown, unknown>
      ? ContextConsumer<Context>
      : Part extends HandoffTarget<infer Context, unknown>
        ? ContextConsumer<Context>
        : Part extends Middleware<infer Context>
          ? ContextConsumer<Context>
          : never
>;

/** A union without a member that is part of the other. */
export type Either<One, Other> = [Other] extends [One] ? One : [One] extends [Other] ? Other : One | Other;

/** The output of the agents that the conversation may be handed over to. */
export type EndsOf<H> = None extends H ? never : EndOf<H>;

type EndOf<H> =
  H extends Handoff<never, infer Output>
    ? Output
    : H extends { asHandoff(): Handoff<never, infer Output> }
      ? Output
      : never;
