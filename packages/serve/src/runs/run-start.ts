import type { JsonObject, Limits } from '@pawl/core';
import type { ChatSettings, Message, ToolObject } from '@pawl/core/chat';
import type { Principal } from '../access/principal.ts';

/** A run that a request asks for. */
export interface RunStart {
  readonly principal: Principal;
  readonly input: readonly Message[];
  /** @defaultValue a random id */
  readonly runId?: string;
  /** The caller's metadata, stored as `metadata.caller`. */
  readonly metadata?: JsonObject;
  /** Identifies the request if it is sent again. */
  readonly requestHash?: string;
  /** Tools that the caller executes. */
  readonly callerTools?: readonly ToolObject[];
  /** Only lower the agent's. */
  readonly limits?: Limits;
  readonly modelSettings?: ChatSettings;
  /** The first state of the run, for an agent that has a state. */
  readonly state?: JsonObject;
  readonly traceparent?: string;
  /** The id of a conversation, as the caller names it. Needs `conversations`. */
  readonly conversation?: string;
  /** The branch of the conversation. @defaultValue 0 */
  readonly branch?: number;
  /** Whether the run goes on when no client reads it. @defaultValue false */
  readonly isBackground?: boolean;
  /** Whether the caller may read the completion again. @defaultValue true */
  readonly isStored?: boolean;
  /** What the face keeps with the run, to describe it later. Never given out as it is. */
  readonly face?: JsonObject;
  /** Whether a client reads the response as it is written. */
  readonly isStreamed?: boolean;
}

/** A run that a request has started, or found. */
export interface StartedRun {
  readonly runId: string;
  /** Whether the run existed: by the same key, because the request was sent again, or because it got the message. */
  readonly isAttached: boolean;
  /** The last turn that the client has, if the run existed. @defaultValue it has none */
  readonly afterTurn?: number;
}
