import type { HostError } from '../base/errors.ts';
import type { Message } from '../chat/message.ts';
import type { ChatSettings, ToolChoice, ToolObject } from '../chat/request.ts';
import type { DefinitionRecord, RunStartedEvent } from '../event/journal-event.ts';
import type { ResolvedLimits } from '../limits/limits.ts';
import type { Policy } from '../loop/policy.ts';
import type { ResolvedRetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { CompiledOutput } from '../schema/compile-output.ts';
import type { Tool } from '../tool/tool.ts';
import type { UpcomingTurn } from '../tool/tool-context.ts';
import type { InstrumentedAgent } from './instrumentation.ts';
import type { Middleware, MiddlewareScope } from './middleware.ts';
import type { StateDefinition } from './state-draft.ts';

/** An agent as the loop sees it. Made once for each agent. */
export interface Definition {
  readonly name: string;
  /** How instrumentation sees the agent. */
  readonly identity: InstrumentedAgent;
  readonly model: ChatModel;
  /** Further models that `prepareTurn` may choose. */
  readonly models: readonly ChatModel[];
  readonly tools: ReadonlyMap<string, Tool>;
  /** The tools as sent. The same list for every request, so that its JSON is made once. */
  readonly toolObjects: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
  /** Applies until the agent has called a tool. */
  readonly firstToolChoice: ToolChoice | undefined;
  readonly output: CompiledOutput | undefined;
  readonly validate: OutputValidator<never, never> | undefined;
  readonly state: StateDefinition | undefined;
  readonly middleware: readonly Middleware<never>[];
  readonly retry: ResolvedRetryPolicy;
  /** The agents that this agent may hand over to, by name. */
  readonly handoffs: () => ReadonlyMap<string, Destination>;
  /** All agents that may become active in a run of this agent, by name, each with the first handoff to it; includes this agent. */
  readonly speakers: () => ReadonlyMap<string, Destination>;
}

/**
 * Checks an output beyond its schema. Returns nothing for a good output, otherwise what is wrong, for the model: it is called again, at
 * most `maxOutputRetries` times.
 *
 * Contract:
 * - A `ToolError` counts like its message. Any other error ends the run as `failed`; `AbortRun` and `RefuseRun` end it as they say.
 * - Called once for each output: its verdict is recorded.
 */
export type OutputValidator<in Context, in Output> = (
  value: Output,
  scope: MiddlewareScope<Context>,
) => string | undefined | Promise<string | undefined>;

/** The target of a handoff. */
export interface Destination {
  readonly speaker: Speaker;
  readonly inputFilter: HistoryFilter;
  /** Whether a turn may hand over to it. */
  readonly when?: (context: never, turn: UpcomingTurn) => boolean | Promise<boolean>;
}

/** Selects what the next agent sees of the conversation, which itself keeps every message. Returned messages that stay must be the same objects. */
export type HistoryFilter = (
  messages: readonly Message[],
  scope: HistoryFilterScope,
) => readonly Message[] | Promise<readonly Message[]>;

/** The scope of the agent that hands over. */
export type HistoryFilterScope = MiddlewareScope;

/** An agent that may become active in a run. */
export interface Speaker {
  readonly definition: Definition;
  readonly settings: ChatSettings;
  getPolicy(limits: ResolvedLimits): Policy;
  resolveInstructions(context: never): Promise<string | undefined>;
  getDefinitionRecord(): DefinitionRecord;
  /** Compares the agent with its definition when it became active in the run. */
  compareDefinition(
    begun: Pick<RunStartedEvent, 'agent' | 'definition'>,
    run: Pick<DefinitionChanges, 'onVersionMismatch' | 'versionError'> & { readonly runId: string },
  ): Pick<DefinitionChanges, 'changedTools' | 'versionError'>;
}

/** The differences between the agent and the one that began the run. */
export interface DefinitionChanges {
  /** A description of the change for each tool that changed since the run began; empty with `onVersionMismatch: 'continue'`. */
  readonly changedTools: ReadonlyMap<string, string>;
  /** What happens if another version of the agent began the run, or the tools of an open call have changed. */
  readonly onVersionMismatch: 'fail' | 'continue';
  /** Set if another version of the agent began the run: steps without a record then fail with this error. */
  readonly versionError: HostError | undefined;
  /** Whether the response of the turn was recorded by an earlier attempt at the run. */
  readonly isFromEarlierAttempt: (turn: number) => boolean;
}
