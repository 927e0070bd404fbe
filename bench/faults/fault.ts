import type { ChatRequest } from '@pawl/core/chat';
import type { ScriptedResponse } from '@pawl/testing';

/** What the tool `get_weather` does when it is called. */
export type ToolBehavior = 'works' | 'throws for Oslo' | 'hangs' | 'gives nothing' | 'gives what JSON has no form for';

/** A fault, and how a framework must handle it. */
export interface Fault {
  readonly name: string;
  /** A sentence that says what happens. */
  readonly happens: string;
  /** A sentence that says what counts as a pass. `isPassed` checks it. */
  readonly passes: string;
  readonly isStreamed?: true;
  /** @defaultValue 'works' */
  readonly tool?: ToolBehavior;
  /** Aborts the run so many milliseconds after the tool call. */
  readonly abortAfterMs?: number;
  /** Returns the response to each request; `undefined` for `ANSWER`. */
  readonly serve: (request: ChatRequest, index: number) => ScriptedResponse | undefined | Promise<ScriptedResponse>;
  readonly isPassed: (seen: FaultTrial) => boolean;
}

/** The text of a successful run. */
export const ANSWER = 'It is 4 degrees in Oslo.';

/** What a framework did, as visible to its caller. */
export interface FrameworkRun {
  /** `hung`: it did not end before the deadline. `died`: its process ended without a result, or by an uncaught error. */
  readonly ended: 'answered' | 'threw' | 'hung' | 'died';
  readonly text?: string;
  /** The finish reason, if the framework exposes it. */
  readonly finish?: string;
  /** Name and message of the error, or the last error output of the process. */
  readonly error?: string;
  /** The error with its fields and causes. */
  readonly details?: string;
  /** Tool executions, in order. */
  readonly ran: readonly ToolExecution[];
  readonly durationMs: number;
}

export interface ToolExecution {
  readonly tool: string;
  readonly input: unknown;
}

/** What a framework did, and the requests that it sent. */
export interface FaultTrial {
  readonly did: FrameworkRun;
  readonly requests: readonly { readonly atMs: number; readonly body: ChatRequest }[];
}
