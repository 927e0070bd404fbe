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
import type { Middleware, MiddlewareScope } from './middleware.ts';

/** What an agent is to the loop. Made once an agent. */
export interface Definition {
  readonly name: string;
  readonly model: ChatModel;
  /** Further models that `prepareTurn` may choose. */
  readonly models: readonly ChatModel[];
  readonly tools: ReadonlyMap<string, Tool>;
  /** As sent. One list for the life of the agent, so that its JSON is made once. */
  readonly toolObjects: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
  readonly output: CompiledOutput | undefined;
  readonly middleware: readonly Middleware<never>[];
  readonly retry: ResolvedRetryPolicy;
  /** The agents that this one may hand over to, by their names. */
  readonly handoffs: () => ReadonlyMap<string, Destination>;
  /** All agents that may speak in a run of this one, by their names; this one is among them. */
  readonly speakers: () => ReadonlyMap<string, Speaker>;
}

/** Where a conversation may go. */
export interface Destination {
  readonly speaker: Speaker;
  readonly sees: HistoryFilter;
}

/** What the next agent sees of the conversation, which itself keeps every message. Messages that stay are the same objects. */
export type HistoryFilter = (
  messages: readonly Message[],
  scope: HistoryFilterScope,
) => readonly Message[] | Promise<readonly Message[]>;

/** Of the agent that hands over. */
export type HistoryFilterScope = MiddlewareScope;

/** An agent that speaks in a run. */
export interface Speaker {
  readonly definition: Definition;
  readonly settings: ChatSettings;
  policyOf(limits: ResolvedLimits): Policy;
  instructionsFor(context: never): Promise<string | undefined>;
  digest(): DefinitionRecord;
  /** Compares the agent with what the run recorded of it when it began to speak. */
  since(
    begun: Pick<RunStartedEvent, 'agent' | 'definition'>,
    run: Pick<DefinitionChanges, 'onVersionMismatch' | 'mismatch'> & { readonly runId: string },
  ): Pick<DefinitionChanges, 'changes' | 'mismatch'>;
}

/** How the agent differs from the one that began the run, and what follows from that. */
export interface DefinitionChanges {
  /** What became of the agent's tools since the run began, by their names; empty if that does not matter. */
  readonly changes: ReadonlyMap<string, string>;
  /** What a run does that was begun by another version of its agent, or with other tools. */
  readonly onVersionMismatch: 'fail' | 'continue';
  /** Why the run does nothing that is not recorded yet: another version of the agent began it. */
  readonly mismatch: HostError | undefined;
  /** Whether the calls of a turn were asked for in an earlier attempt at the run. */
  readonly isFromBefore: (turn: number) => boolean;
}
