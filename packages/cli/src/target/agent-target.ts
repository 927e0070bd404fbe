import type { Limits, RunEvent } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import type { ShownOutcome } from '../run-row.ts';
import type { RunTarget } from './run-target.ts';

export interface StartOptions {
  /** @defaultValue a random id */
  readonly runId?: string;
  readonly conversation?: string;
  readonly limits: Limits;
}

/** A run that this command has started or continues. */
export interface WatchedRun extends AsyncIterable<RunEvent> {
  /** Known from the first event on. */
  readonly runId: string;
  /** Resolves when the run has ended or is suspended. Rejects if the host or the server fails. */
  outcome(): Promise<ShownOutcome>;
  /** Stops working on the run, so that it can be resumed, or stops watching it. A run in memory is aborted. */
  detach(): Promise<void>;
  /** Ends the run for good. */
  abort(): Promise<void>;
  /** Sends a message to the model of the run. Resolves with `false` if it cannot get it any more. */
  steer(message: string): Promise<boolean>;
}

/** An agent in a file or on a server, with the runs that it has there. */
export interface AgentTarget {
  readonly name: string;
  /** As on the command line. */
  readonly spelling: string;
  readonly hasTextGuard: boolean;
  readonly runs: RunTarget;
  /** Whether runs outlive the process. */
  readonly isDurable: boolean;
  /** Checks the arguments of a call by the tool's schema. Resolves what is wrong; `undefined` if nothing is, or the tool is not known here. */
  checkInput(toolName: string, input: unknown): Promise<string | undefined>;
  start(input: string, options: StartOptions): WatchedRun;
  resume(runId: string): WatchedRun;
  /** Sends a message to a conversation: to its open run, or as the input of a new one. */
  sendToConversation(message: string, options: StartOptions & { readonly conversation: string }): Promise<WatchedRun>;
  /** Reads the messages of a conversation; none of one that is new. */
  readConversation(id: string): Promise<readonly Message[]>;
  /** Returns the newest conversation of the agent. */
  findNewestConversation(): Promise<string | undefined>;
  /** Makes a conversation that begins with these messages. */
  createConversation(id: string, messages: readonly Message[]): Promise<void>;
  /** The run of the conversation that has not ended. */
  findOpenRun(conversation: string): Promise<string | undefined>;
}
