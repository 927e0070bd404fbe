import type { ServerResponse } from 'node:http';
import type { AssistantMessage, CompletionUsage, FinishReason, Json } from '@pawl/core/chat';
import type { RecordedRequest } from './recorded-request.ts';

/** What a script may say in answer to one request to the offline server. */
export type ScriptedResponse = ScriptedModelResponse | ScriptedWireResponse | DelayedResponse<ScriptedResponse>;

/** What also makes sense without a wire: in answer to a request to a scripted model. */
export type ScriptedModelResponse =
  | ScriptedMessageResponse
  | ScriptedHttpErrorResponse
  | ScriptedErrorBodyResponse
  | ScriptedCutResponse
  | ScriptedStallResponse
  | ScriptedResetResponse
  | ScriptedStreamErrorResponse
  | DelayedResponse<ScriptedModelResponse>;

/** What is only something on the wire. */
export type ScriptedWireResponse = ScriptedBodyResponse | ScriptedSseResponse | ScriptedRawResponse;

/** An assistant message, well formed. */
export interface ScriptedMessageResponse extends MessageOptions {
  readonly type: 'message';
  readonly message: ScriptedMessage;
}

export interface MessageOptions {
  /** @defaultValue `'tool_calls'` where there are calls, otherwise `'stop'` */
  readonly finishReason?: FinishReason | null;
  /** `null`: the reply has none. @defaultValue counted from the lengths of the request and the reply */
  readonly usage?: CompletionUsage | null;
  /** On the wire: answers in this form whatever the request asked for. @defaultValue what the request asked for */
  readonly form?: 'json' | 'sse';
}

/** Unknown fields beside the known ones are sent as they are. */
export interface ScriptedMessage extends Omit<AssistantMessage, 'tool_calls'> {
  readonly tool_calls?: readonly ScriptedCall[];
}

export type ScriptedCall = ScriptedFunctionCall | ScriptedCustomCall;

export interface ScriptedFunctionCall {
  /** @defaultValue `call_<n>`, counted over the whole conversation */
  readonly id?: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ScriptedCustomCall {
  /** @defaultValue `call_<n>`, counted over the whole conversation */
  readonly id?: string;
  readonly type: 'custom';
  readonly custom: { readonly name: string; readonly input: string };
}

export interface ScriptedHttpErrorResponse {
  readonly type: 'http-error';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or a text that is sent as it is. */
  readonly body: Json;
}

/** Status 200, and a body that only holds an `error`. */
export interface ScriptedErrorBodyResponse {
  readonly type: 'error-body';
  readonly error: Json;
}

/** The answer ends too early, without an error: no finish reason, no `[DONE]`. Unstreamed, half of the body. */
export interface ScriptedCutResponse extends Interruption {
  readonly type: 'cut';
}

/** The answer stops coming. Unstreamed, in the middle of the body. */
export interface ScriptedStallResponse extends Interruption {
  readonly type: 'stall';
  /** When the rest follows. Without it, never. */
  readonly until?: PromiseLike<unknown>;
}

/** The socket is destroyed in the middle of the answer. */
export interface ScriptedResetResponse {
  readonly type: 'reset';
  /** Without it, nothing is sent at all. */
  readonly partly?: Interruption;
}

/** An `error` inside the stream, which ends with it. Unstreamed, status 200 with an `error` as its body. */
export interface ScriptedStreamErrorResponse extends Interruption {
  readonly type: 'stream-error';
  readonly error: Json;
}

export interface Interruption {
  readonly reply: ScriptedMessageResponse;
  /** Pieces of text and of calls that come before; the chunk that only carries the role does not count. */
  readonly afterChunks: number;
}

/** Nothing is sent, not even the status, until the promise settles. */
export interface DelayedResponse<R> {
  readonly type: 'held';
  readonly until: PromiseLike<unknown>;
  readonly reply: R;
}

/** A body as it is. */
export interface ScriptedBodyResponse {
  readonly type: 'body';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A stream as it is: each piece is one write, and nothing is added, neither `[DONE]` nor blank lines. */
export interface ScriptedSseResponse {
  readonly type: 'sse';
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly (string | Uint8Array)[];
}

/** Whatever is done to the response, also what no server should. The answer is over when the response is closed. */
export interface ScriptedRawResponse {
  readonly type: 'raw';
  readonly answer: (response: ServerResponse, received: RecordedRequest) => void | Promise<void>;
}
