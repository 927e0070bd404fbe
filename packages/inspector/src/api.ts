/**
 * What the page asks of the server that it comes from. Every address is relative to the page.
 *
 * | request | body | response |
 * |---|---|---|
 * | `POST ./session` | `SessionRequest` | 204 with a cookie; 401 for a wrong token |
 * | `GET ./session` | | `Session`; 401 without a session |
 * | `GET ./agents` | | `AgentList` |
 * | `GET ./agents/{name}` | | `AgentView`; 404 |
 * | `GET ./wire/{runId}` | | `WireView` |
 * | `GET ./wire/{runId}/{id}` | | `WireExchangeView`; 404 |
 * | `GET ./budget/{runId}` | | `BudgetView`; 404 |
 * | `GET ./replays` | | `ReplayList` |
 * | `POST ./replay` | `ReplayRequest` | 201 `Replay` |
 * | `GET ./test/{runId}` | | `SavedTest`; 404 |
 * | `./v1/runs…` | as `@pawl/serve` | as `@pawl/serve` with `details: true`; also for the runs of `ReplayList` |
 *
 * A refused request has `ApiError` as its body. Every request that is not a GET needs the header `Pawl-Inspector: 1`, and
 * `content-type: application/json` if it has a body.
 */

import type { Json, Message } from '@pawl/core/chat';
import type { ErrorData, LimitShare, StrictReason } from '@pawl/core/events';

/** The token of the address's fragment. */
export interface SessionRequest {
  readonly token: string;
}

/** What the page can show and do. */
export interface Session {
  /** The version of `@pawl/inspector`. */
  readonly version: string;
  /** `process`: a host of this process. `server`: another server, whose runs API is forwarded. `dump`: exported runs. */
  readonly source: 'process' | 'server' | 'dump';
  /** The address of the other server, or the name of the file. Absent for a host of this process, if none was given. */
  readonly title?: string;
  /** Requests that change something are refused. */
  readonly isReadOnly: boolean;
  /** Whether there is a wire log. */
  readonly hasWire: boolean;
  /** Whether agents of this process are known. */
  readonly hasAgents: boolean;
  /** Whether runs can be replayed: it needs the agents. */
  readonly hasReplay: boolean;
  readonly principal: { readonly id: string; readonly tenant?: string };
}

/** The body of a refused request. */
export interface ApiError {
  readonly error: { readonly message: string; readonly code: string | null; readonly param?: string | null };
}

export interface AgentList {
  readonly data: readonly AgentSummary[];
}

export interface AgentSummary {
  readonly name: string;
  readonly description?: string;
  readonly model: string;
  /** The models that a replay may ask: those of the agent, and those of the option `models` of `inspect`. */
  readonly models: readonly string[];
  readonly tools: readonly string[];
}

export interface AgentView extends AgentSummary {
  readonly version?: string;
  /** `null`: a function makes them for each run or turn, and the run's event `run.started` has them. */
  readonly instructions: string | null;
  readonly toolViews: readonly ToolView[];
  readonly handoffs: readonly string[];
  /** The limits of the agent, with the defaults of those that it does not set. */
  readonly limits: Readonly<Record<string, number>>;
  /** The names of its middleware, the outermost first. A middleware without a name has its hooks as its name. */
  readonly middleware: readonly MiddlewareView[];
  /** The JSON Schema of the output; `null`: text. */
  readonly output: Json | null;
  readonly modelSettings: Json;
}

export interface MiddlewareView {
  readonly name: string;
  readonly isTextGuard: boolean;
  /** The hooks that it has: `prepareTurn`, `wrapModelCall`, `wrapToolCall`, … */
  readonly hooks: readonly string[];
}

export interface ToolView {
  readonly name: string;
  readonly description?: string;
  /** `custom`: its input is a text. */
  readonly kind: 'function' | 'custom';
  readonly effect: 'read' | 'idempotent' | 'non-idempotent';
  /** `sometimes`: a function decides for each call. */
  readonly needsApproval: 'always' | 'never' | 'sometimes';
  /** Whether a call waits for a result from outside: the tool has no `execute`. */
  readonly hasExternalResult: boolean;
  /** Whether the tool is an agent. */
  readonly isAgent: boolean;
  /** What happens to a call whose outcome is unknown: the model reads that, a function finds out, or a person is asked. */
  readonly onUnknownOutcome: 'tell-model' | 'check' | 'ask';
  readonly exclusive: boolean;
  readonly timeoutMs: number;
  readonly maxResultLength: number;
  readonly maxInputRetries: number;
  /** In milliseconds; `null`: no limit. */
  readonly approvalTimeoutMs: number | null;
  readonly definitionHash?: string;
  /** The JSON Schema of the input, as it is sent to servers that do not enforce it. */
  readonly schema: Json;
  /** The form that is sent to servers that enforce schemas; `null`: there is none. `strictReport` says why. */
  readonly strictSchema: Json | null;
  readonly strictReport: readonly StrictReason[];
}

/** The exchanges of a run with its models, in the order in which the requests were sent, without their bodies. */
export interface WireView {
  readonly data: readonly WireSummary[];
  /** Whether older exchanges were deleted, because the log keeps a limited number of bytes. */
  readonly isTrimmed: boolean;
}

export interface WireSummary {
  readonly id: number;
  /** Of the run inside the run; `''` for the run itself. */
  readonly path: string;
  readonly turn: number;
  /** Counted from 1 within the turn. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly url: string;
  /** `null`: not kept. */
  readonly bodyBytes: number | null;
  /** The request before it in the same conversation: the last one before with the same `path`. */
  readonly previous: number | null;
  /** How many bytes the body has in common with the beginning of `previous`; `null` if one of them is not kept. */
  readonly sharedBytes: number | null;
  readonly status?: number;
  /** Milliseconds since 1970. Absent while the response arrives, and after a crash. */
  readonly endedAt?: number;
  readonly responseBytes: number;
  readonly error?: ErrorData;
}

export interface WireExchangeView extends WireSummary {
  readonly method: 'POST';
  /** Names in lower case. Secrets are `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** `null`: not kept, because the log keeps a limited number of bytes. */
  readonly body: Bytes | null;
  readonly response: {
    /** When the status and the headers arrived. */
    readonly at?: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** In the order in which they arrived. Their texts together are the text of the response. */
    readonly pieces: readonly WirePieceView[];
    /** How many bytes are not among the pieces. */
    readonly omittedBytes: number;
  };
  /** The request as a command for a shell, with `$OPENAI_API_KEY` in place of the key. `null` if the body is not kept. */
  readonly curl: string | null;
}

export type WirePieceView = { readonly at: number; readonly byteCount: number } & Bytes;

/** Bytes as text, or as base64 if they are not valid UTF-8. */
export type Bytes = { readonly text: string } | { readonly base64: string };

/** What a run may still spend. */
export interface BudgetView {
  readonly runId: string;
  readonly limits: readonly LimitView[];
  /** Whether this process works on the run. Otherwise nobody knows what is reserved. */
  readonly isHere: boolean;
}

export interface LimitView {
  readonly name: string;
  /** `null`: no limit. */
  readonly max: number | null;
  /** In the unit of the limit: a number, dollars, or milliseconds. */
  readonly spent: number;
  /** For requests under way; `null`: not known. */
  readonly reserved: number | null;
  /** `max` without `spent` and `reserved`; `null`: no limit. */
  readonly left: number | null;
  /** The shares of what is spent, the largest first. */
  readonly spentBy: readonly LimitShare[];
}

export interface ReplayRequest {
  readonly runId: string;
  /** The name of the step that the replay begins at: `model:3`, `tool:3.0:refund`. `start`: from the beginning. */
  readonly before: string;
  /**
   * `recorded`: tools answer from the journal by name and arguments, and a call that the journal does not have is refused. As long as the conversation
   * is that of the journal, the model's responses are taken from it, too.
   * `live`: tools run. Before each call whose effect is `non-idempotent` the replay waits for an answer.
   */
  readonly mode: 'recorded' | 'live';
  /** The user's message at that point. */
  readonly input?: string;
  /** The conversation to begin with, in place of the steps before. */
  readonly messages?: readonly Message[];
  /** For a step of a tool's call: other arguments than the model's. */
  readonly arguments?: Json;
  /** For a step of a tool's call: its result. The tool does not run. */
  readonly result?: Json;
  /** The name of another model: see `AgentSummary.models`. */
  readonly model?: string;
}

export interface ReplayList {
  /** The newest first. They are in the memory of the inspector, and not in the host. */
  readonly data: readonly Replay[];
}

export interface Replay {
  /** The id for `./v1/runs/{id}`. */
  readonly runId: string;
  readonly sourceRunId: string;
  readonly before: string;
  readonly mode: 'recorded' | 'live';
  readonly model: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A test that replays the run without a server. */
export interface SavedTest {
  /** To be saved in one folder. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}
