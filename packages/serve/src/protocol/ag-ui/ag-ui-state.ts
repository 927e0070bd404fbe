import { checkOptions, type JsonObject, type OptionTable, type Usage } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { RememberedState } from '@pawl/core/events';
import { NO_USAGE } from '../count-usage.ts';
import type { AgUiMessage, AgUiUserMessage } from './ag-ui-event.ts';
import type { TurnPlace } from './ag-ui-turn.ts';
import { NO_MESSAGES, type RunMessages } from './thread-messages.ts';

/** How a run is shown to a client. */
export interface AgUiEncoderOptions {
  /** The `threadId` of the request. */
  readonly threadId: string;
  /** The `runId` of the request. That of Pawl is in `metadata.pawl`. */
  readonly runId: string;
  readonly parentRunId?: string;
  /**
   * Whether the client is older than AG-UI 1.0: its request has no `protocolVersion`. A run that was cancelled is an error for it, and it finds the
   * calls of its tools itself.
   *
   * @defaultValue false
   */
  readonly isLegacyClient?: boolean;
  /** The messages of the thread before the run, as the client has them: part of each `MESSAGES_SNAPSHOT`. @defaultValue none */
  readonly messages?: readonly AgUiMessage[];
  /** Messages that the client sent to the run while it worked or waited, with the ids that the client gave them. @defaultValue none */
  readonly laterMessages?: readonly AgUiUserMessage[];
  /** The state of the client. A structured output is its field `output`. @defaultValue {} */
  readonly state?: Json;
  /** Whether the state of an agent that has one is the state of the client. @defaultValue false */
  readonly sharedState?: boolean;
  /** `'whole'`: the text of a turn is sent when the turn has its response, which guards have checked then. @defaultValue 'live' */
  readonly text?: 'live' | 'whole';
  /** `'status'`: without the results of calls, and without the text of agents that are tools. @defaultValue 'full' */
  readonly toolOutput?: 'full' | 'status';
  /** The tools without `execute` that the client executes. Calls of others are interrupts. @defaultValue all */
  readonly frontendTools?: readonly string[];
  /** Only usage after this position of the journal counts: the rest was reported before. @defaultValue 0 */
  readonly usageAfter?: number;
}

/** What the encoder knows of the stream so far. Plain data; a state can be used again. */
export interface AgUiState {
  readonly options: AgUiEncoderOptions;
  /** Pawl's id of the run; absent before the first event. */
  readonly pawlRunId?: string;
  readonly isStarted: boolean;
  /** The client does not have, or may not have, what came before: it begins with a snapshot. */
  readonly hasHistory: boolean;
  /** The messages of the client are not those of the run, since events were skipped after the start. */
  readonly isStale: boolean;
  readonly messages: RunMessages;
  readonly laterMessages: readonly AgUiUserMessage[];
  /** The turn whose step is open, by path. */
  readonly steps: ReadonlyMap<string, number>;
  /** The runs inside, by path. */
  readonly subagents: ReadonlyMap<string, Subagent>;
  /** The response under way is void. If the run was aborted, the client keeps what it has of it. */
  readonly discarded?: TurnPlace;
  /** Calls of discarded responses. Unless they come again, they get a result, so that no client executes them. */
  readonly orphans: readonly OrphanedCall[];
  /** Calls that the client shows an activity of. */
  readonly activities: ReadonlySet<string>;
  /** How many steering messages were sent: those emitted live, and those that the journal has. */
  readonly steering: { readonly sent: number; readonly recorded: number };
  readonly remembered?: RememberedState;
  readonly output?: { readonly value: Json; readonly isPartial: boolean };
  readonly spent: Usage;
}

export interface Subagent {
  readonly name: string;
  readonly isActive: boolean;
}

export interface OrphanedCall extends TurnPlace {
  readonly toolCallId: string;
}

/** Returns the state before the first event. @throws ConfigError for an unknown option or value */
export function createAgUiState(given: AgUiEncoderOptions): AgUiState {
  const options = checkOptions(given, AG_UI_ENCODER, 'createAgUiState()');
  return {
    options,
    isStarted: false,
    hasHistory: false,
    isStale: false,
    messages: NO_MESSAGES,
    laterMessages: options.laterMessages ?? [],
    steps: new Map(),
    subagents: new Map(),
    orphans: [],
    activities: new Set(),
    steering: { sent: 0, recorded: 0 },
    spent: NO_USAGE,
  };
}

const AG_UI_ENCODER: OptionTable<AgUiEncoderOptions> = {
  keys: {
    threadId: 'text',
    runId: 'text',
    parentRunId: 'text',
    isLegacyClient: 'boolean',
    messages: 'list',
    laterMessages: 'list',
    state: 'any',
    sharedState: 'boolean',
    text: { live: true, whole: true },
    toolOutput: { full: true, status: true },
    frontendTools: 'texts',
    usageAfter: 'number',
  },
  hints: { thread: 'The option is "threadId".', tools: 'The option is "frontendTools".' },
};

/** Returns the state that the client is to have, if it is another than what the client sent. */
export function findClientState({ options, remembered, output }: AgUiState): Json | undefined {
  const isShared = options.sharedState === true && remembered !== undefined;
  if (!isShared && output === undefined) return undefined;
  const own = isShared ? remembered.value : options.state;
  const fields: JsonObject = typeof own === 'object' && own !== null && !Array.isArray(own) ? (own as JsonObject) : {}; // No list, so an object.
  return output === undefined ? fields : { ...fields, output: output.value };
}
