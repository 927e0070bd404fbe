import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import type { Message } from '../chat/message.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import type { Listeners } from '../event/observers.ts';
import type { Conversation } from '../host/conversation.ts';
import type { Host } from '../host/host.ts';
import type { Limits } from '../limits/limits.ts';
import type { StopCondition } from '../loop/stop.ts';
import type { RetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Middleware } from '../perform/middleware.ts';
import type { Schema } from '../schema/schema.ts';
import type { ContextConsumer, ContextIntersection } from '../tool/needed-context.ts';
import type { Tool } from '../tool/tool.ts';
import type { Handoff } from './blueprint.ts';
import type { Handoffs, HandoffTarget } from './handoff.ts';

/** What every agent may have, whatever its context and its output are. */
export interface AgentBasics {
  /** Who it is in events, errors and records. @defaultValue 'agent' */
  readonly name?: string;
  /**
   * A run that another version began is not resumed by this one, unless `onVersionMismatch` lets it. Without one a run goes
   * on whatever was changed, from what it remembers.
   */
  readonly version?: string;
  /** What it is for, told to the models of agents that may hand over to it. */
  readonly description?: string;
  readonly model: ChatModel;
  /** Further models that a middleware's `prepareTurn` may choose. */
  readonly models?: readonly ChatModel[];
  /**
   * Holds for every turn: with `'required'`, or a tool's name, the model may never answer with text, and the run goes on to its limits.
   *
   * @defaultValue 'auto', by the server
   */
  readonly toolChoice?: ToolChoice;
  /** How often the model may correct an output that does not fit. @defaultValue 2 */
  readonly maxOutputRetries?: number;
  /**
   * Looks at the run when all calls of a turn are answered, and may end it there as `completed`: `stopOnTool('tool_name')`, or a
   * rule of yours. With several the first that ends it counts. Not together with `output`.
   */
  readonly stopWhen?: StopCondition | readonly StopCondition[];
  /** Request fields, spelled as on the wire: `temperature`, `max_completion_tokens` … */
  readonly modelSettings?: ChatSettings;
  readonly limits?: Limits;
  readonly retry?: RetryPolicy;
  /**
   * They hear every run of this agent that this process works on, resumed ones included, from the first event on: after those of the host,
   * before those of the run. Events of agents inside carry their path. Never awaited, and may throw without harm.
   */
  readonly listeners?: Listeners | undefined;
  /** Calls of one turn that may run side by side. @defaultValue 8 */
  readonly maxParallelToolCalls?: number;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** From 0 to 1, for the pauses between attempts. @defaultValue Math.random */
  readonly random?: () => number;
}

/** `Output` is what the agent itself ends with, `Handed` what the agents end with that it may hand over to. */
export interface AgentOptions<Context, Output, Handed = Output> extends AgentBasics {
  /** The system message of every request; a function is asked once a run. */
  readonly instructions?: string | ((context: Context) => string | Promise<string>);
  readonly tools?: readonly Tool<Context>[];
  /**
   * Agents that the conversation may go over to, within the run: the model calls `transfer_to_…`, and the other agent answers from then
   * on, with its own model, instructions, tools, output and middleware, in the limits of this run. A function, where they know each other.
   */
  readonly handoffs?: Handoffs<Context, Handed>;
  /** What the last word has to be. Without one it is text. */
  readonly output?: Schema<Output> | undefined;
  /** The first one is the outermost. */
  readonly middleware?: readonly Middleware<Context>[];
}

interface RunBasics {
  /** Aborting it ends the run for good. */
  readonly signal?: AbortSignal;
  /** Each replaces the agent's own. */
  readonly limits?: Limits;
  /** Each replaces the agent's own. */
  readonly modelSettings?: ChatSettings;
  /** Calls of one turn that may run side by side. */
  readonly maxParallelToolCalls?: number;
  /**
   * Whether replies are asked for as streams.
   * @defaultValue where somebody iterates over the run, or listens to `text.delta` and the like
   */
  readonly stream?: boolean;
  /** The W3C trace context header, handed to tools and models. */
  readonly traceparent?: string;
  /**
   * The conversation that the run is a part of: it begins with the messages there, and leaves its own when it has ended, but for
   * one that a guard refused. Needed again to resume it. Where others have written meanwhile the run ends as it did, and
   * is told by a `ConversationError`, which has what was not stored.
   */
  readonly conversation?: Conversation;
}

export interface RunOptions extends RunBasics {
  /** @defaultValue a random UUID */
  readonly runId?: string;
  /** Where the run's steps are kept. @defaultValue in memory, for the life of the run */
  readonly host?: Host;
  /** Kept with the run. */
  readonly metadata?: JsonObject;
  /**
   * What to do where the host has a run of that id. `attach` gives that one: its outcome, or its events until then. With another
   * input it is refused as `run.conflict`.
   *
   * @defaultValue 'fail', with `run.exists`
   */
  readonly onExistingRun?: 'fail' | 'attach';
}

/** The open run of a conversation, or a new one, is on this host. */
export interface ContinueOptions extends RunOptions, Pick<ResumeOptions, 'onVersionMismatch'> {
  readonly host: Host;
  readonly conversation: Conversation;
}

export interface ResumeOptions extends RunBasics {
  /** The host that the run was started on. */
  readonly host: Host;
  /**
   * What to do where another version of the agent began the run, or where an open call's tool is gone or takes its arguments no
   * more. `continue` tells the model of such calls.
   *
   * @defaultValue 'fail', with `run.version` or `run.changed`
   */
  readonly onVersionMismatch?: 'fail' | 'continue';
}

/** Asks for the application's value only where a tool, a middleware or the instructions need one. */
export type WithContext<Options, Context> = unknown extends Context
  ? [options?: Options]
  : [options: Options & { readonly context: Context }];

/** The same, where the options themselves are needed. */
export type WithNeededContext<Options, Context> = unknown extends Context
  ? [options: Options]
  : [options: Options & { readonly context: Context }];

/** A user's words, or messages of every role. */
export type Input = string | readonly Message[];

// Parts of an agent that need different contexts: the agent needs all of these contexts. TypeScript alone would infer the first one.

/** Stands where no part of a kind is given. */
export interface None {
  readonly '~none': never;
}

export type AnyTool = Tool<never> | None;
export type AnyMiddleware = Middleware<never> | None;
export type AnyHandoff = HandoffTarget<never, unknown> | None;

/** An agent's options as they are inferred part by part; `Instructed` is what its instructions need. */
export interface PartsOptions<T, M, H, Instructed, Output> extends AgentBasics {
  readonly tools?: readonly T[];
  readonly middleware?: readonly M[];
  readonly handoffs?: readonly H[] | (() => readonly H[]);
  readonly instructions?: string | ((context: Instructed) => string | Promise<string>);
  readonly output?: Schema<Output>;
}

/** The context that all parts together need. */
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

/** A union that says nothing twice. */
export type Either<One, Other> = [Other] extends [One] ? One : [One] extends [Other] ? Other : One | Other;

/** What agents end with that the conversation may go over to. */
export type EndsOf<H> = None extends H ? never : EndOf<H>;

type EndOf<H> =
  H extends Handoff<never, infer Output>
    ? Output
    : H extends { asHandoff(): Handoff<never, infer Output> }
      ? Output
      : never;
