import type { ChatRequest } from '@pawl/core/chat';
import type { ScriptedResponse } from '@pawl/testing';

/** What the tool `get_weather` does when it is called. */
export type ToolManner = 'works' | 'throws for Oslo' | 'hangs' | 'gives nothing' | 'gives what JSON has no form for';

/** One thing that goes wrong, and what a framework has to make of it. */
export interface Fault {
  readonly name: string;
  /** What happens, in a sentence. */
  readonly happens: string;
  /** What counts as a pass, in a sentence. `isPassed` holds to it. */
  readonly passes: string;
  readonly isStreamed?: true;
  /** @defaultValue 'works' */
  readonly tool?: ToolManner;
  /** So long after the tool was called, the run is aborted. */
  readonly abortAfterMs?: number;
  /** The answer to each request; `undefined` for `ANSWER`. */
  readonly serve: (request: ChatRequest, index: number) => ScriptedResponse | undefined | Promise<ScriptedResponse>;
  readonly isPassed: (seen: Seen) => boolean;
}

/** What a run that goes well ends with. */
export const ANSWER = 'It is 4 degrees in Oslo.';

/** What a framework did, as far as whoever calls it can see. */
export interface Did {
  /** `hung`: it had not ended at the deadline. `died`: its process ended without a word, or of something that nobody caught. */
  readonly ended: 'answered' | 'threw' | 'hung' | 'died';
  readonly text?: string;
  /** What it says of how the model ended, where it says so. */
  readonly finish?: string;
  /** Name and message of what was thrown, or what the process left behind. */
  readonly error?: string;
  /** What was thrown, with its fields and causes. */
  readonly details?: string;
  /** The inputs that the tools were run with, in order. */
  readonly ran: readonly Ran[];
  readonly durationMs: number;
}

export interface Ran {
  readonly tool: string;
  readonly input: unknown;
}

/** What a framework did, and what it sent. */
export interface Seen {
  readonly did: Did;
  readonly requests: readonly { readonly atMs: number; readonly body: ChatRequest }[];
}
