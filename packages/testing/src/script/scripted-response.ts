import type { ServerResponse } from 'node:http';
import type { AssistantMessage, CompletionUsage, FinishReason, Json } from '@pawl/core/chat';
import type { RecordedRequest } from './recorded-request.ts';

/** A response of the offline server. */
export type ScriptedResponse = ScriptedModelResponse | ScriptedWireResponse | DelayedResponse<ScriptedResponse>;

/** A response that a scripted model can give too, without HTTP. */
export type ScriptedModelResponse =
  | ScriptedMessageResponse
  | ScriptedHttpErrorResponse
  | ScriptedErrorBodyResponse
  | ScriptedCutResponse
  | ScriptedStallResponse
  | ScriptedResetResponse
  | ScriptedStreamErrorResponse
  | DelayedResponse<ScriptedModelResponse>;

/** A response that only a server can give. */
export type ScriptedWireResponse = ScriptedBodyResponse | ScriptedSseResponse | ScriptedRawResponse;

/** A well-formed assistant message. */
export interface ScriptedMessageResponse extends MessageOptions {
  readonly type: 'message';
  readonly message: ScriptedMessage;
}

export interface MessageOptions {
  /** @defaultValue `'tool_calls'` if there are calls, otherwise `'stop'` */
  readonly finishReason?: FinishReason | null;
  /** `null`: no usage. @defaultValue counted from the lengths of the request and the response */
  readonly usage?: CompletionUsage | null;
  /** Only over HTTP: the form of the response. @defaultValue the form that the request asks for */
  readonly form?: 'json' | 'sse';
}

/** Unknown fields are sent unchanged. */
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
  /** JSON, or a text that is sent unchanged. */
  readonly body: Json;
}

/** Status 200 with a body that has only an `error`. */
export interface ScriptedErrorBodyResponse {
  readonly type: 'error-body';
  readonly error: Json;
}

/** The response ends early without an error: no finish reason, no `[DONE]`. Unstreamed: half of the body. */
export interface ScriptedCutResponse extends Interruption {
  readonly type: 'cut';
}

/** The response stalls. Unstreamed: in the middle of the body. */
export interface ScriptedStallResponse extends Interruption {
  readonly type: 'stall';
  /** The rest follows when this settles. Without it, never. */
  readonly until?: PromiseLike<unknown>;
}

/** The socket is destroyed in the middle of the response. */
export interface ScriptedResetResponse {
  readonly type: 'reset';
  /** Without it, nothing is sent. */
  readonly partly?: Interruption;
}

/** The stream ends with an `error` event. Unstreamed: status 200 with an `error` as body. */
export interface ScriptedStreamErrorResponse extends Interruption {
  readonly type: 'stream-error';
  readonly error: Json;
}

export interface Interruption {
  readonly response: ScriptedMessageResponse;
  /** The number of text and call deltas that are sent. The chunk with the role does not count. */
  readonly afterChunks: number;
}

/** Nothing is sent, not even the status, until the promise settles. */
export interface DelayedResponse<R> {
  readonly type: 'delayed';
  readonly until: PromiseLike<unknown>;
  readonly response: R;
}

/** A raw body. */
export interface ScriptedBodyResponse {
  readonly type: 'body';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A raw stream: each piece is one write. Nothing is added, neither `[DONE]` nor blank lines. */
export interface ScriptedSseResponse {
  readonly type: 'sse';
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly (string | Uint8Array)[];
}

/** Writes anything to the response object, valid or not. The response ends when it is closed. */
export interface ScriptedRawResponse {
  readonly type: 'raw';
  readonly answer: (response: ServerResponse, received: RecordedRequest) => void | Promise<void>;
}
