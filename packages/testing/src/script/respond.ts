import { checkOptions, type JsonObject, type OptionTable } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { ExpectedRequest, ExpectingResponse } from './script.ts';
import type {
  DelayedResponse,
  MessageOptions,
  ScriptedBodyResponse,
  ScriptedCall,
  ScriptedCutResponse,
  ScriptedErrorBodyResponse,
  ScriptedHttpErrorResponse,
  ScriptedMessage,
  ScriptedMessageResponse,
  ScriptedRawResponse,
  ScriptedResetResponse,
  ScriptedResponse,
  ScriptedSseResponse,
  ScriptedStallResponse,
  ScriptedStreamErrorResponse,
} from './scripted-response.ts';

export interface CallOptions extends MessageOptions {
  readonly id?: string;
}

export interface CallsOptions extends MessageOptions {
  /** Text content of the message with the calls. */
  readonly text?: string;
}

export interface CallEntry {
  readonly name: string;
  /** A string is sent unchanged, JSON or not. @defaultValue {} */
  readonly arguments?: JsonObject | string;
  readonly id?: string;
}

/** A call of a custom tool, in the form of servers that support custom tools. */
export interface CustomCallEntry {
  readonly name: string;
  readonly input: string;
  readonly id?: string;
}

export interface HttpErrorOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  readonly code?: string | null;
  readonly param?: string | null;
  /** Replaces OpenAI's error body: JSON, or a text that is sent unchanged. */
  readonly body?: Json;
}

export interface InterruptionOptions {
  /** @defaultValue 0 */
  readonly afterChunks?: number;
}

export interface StallOptions extends InterruptionOptions {
  readonly until?: PromiseLike<unknown>;
}

export interface ResetOptions extends InterruptionOptions {
  /** The response that is interrupted. Without it, the socket is destroyed before anything is sent. */
  readonly response?: ScriptedMessageResponse;
}

export interface StreamErrorOptions extends InterruptionOptions {
  readonly response?: ScriptedMessageResponse;
}

export interface BodyOptions {
  /** @defaultValue 200 */
  readonly status?: number;
  /** Names in lower case. @defaultValue a `content-type` of JSON, or of an event stream */
  readonly headers?: Readonly<Record<string, string>>;
}

const MESSAGE: OptionTable<MessageOptions> = {
  keys: { finishReason: ['text', 'null'], usage: ['object', 'null'], form: { json: true, sse: true } },
  hints: { finish_reason: 'The option is "finishReason".', stopReason: 'The option is "finishReason".' },
};
const CALL: OptionTable<CallOptions> = { ...MESSAGE, keys: { ...MESSAGE.keys, id: 'text' } };
const CALLS: OptionTable<CallsOptions> = { ...MESSAGE, keys: { ...MESSAGE.keys, text: 'text' } };
const ENTRY: OptionTable<CallEntry> = {
  keys: { name: 'text', arguments: ['text', 'object'], id: 'text' },
  hints: { args: 'The option is "arguments".' },
};
const CUSTOM_ENTRY: OptionTable<CustomCallEntry> = { keys: { name: 'text', input: 'text', id: 'text' } };
const HTTP_ERROR: OptionTable<HttpErrorOptions> = {
  keys: { headers: 'object', message: 'text', code: ['text', 'null'], param: ['text', 'null'], body: 'any' },
};
const INTERRUPTION: OptionTable<InterruptionOptions> = { keys: { afterChunks: 'number' } };
const STALL: OptionTable<StallOptions> = { keys: { ...INTERRUPTION.keys, until: 'any' } };
const RESET: OptionTable<ResetOptions & StreamErrorOptions> = { keys: { ...INTERRUPTION.keys, response: 'object' } };
const DELAYED: OptionTable<{ readonly until: PromiseLike<unknown> }> = { keys: { until: 'any' } };
const BODY: OptionTable<BodyOptions> = { keys: { status: 'number', headers: 'object' } };
const SSE: OptionTable<Pick<BodyOptions, 'headers'>> = { keys: { headers: 'object' } };

/** Creates the entries of a script. */
export const respond = {
  text(text: string, options: MessageOptions = {}): ScriptedMessageResponse {
    return createMessage({ content: text }, options, 'respond.text');
  },

  call(name: string, args: JsonObject | string = {}, given: CallOptions = {}): ScriptedMessageResponse {
    const { id, ...options } = checkOptions(given, CALL, 'respond.call');
    return respond.calls([{ name, arguments: args, ...(id !== undefined && { id }) }], options);
  },

  /** A call of a custom tool, whose input is text. */
  custom(name: string, input: string, given: CallOptions = {}): ScriptedMessageResponse {
    const { id, ...options } = checkOptions(given, CALL, 'respond.custom');
    return respond.calls([{ name, input, ...(id !== undefined && { id }) }], options);
  },

  calls(calls: readonly (CallEntry | CustomCallEntry)[], given: CallsOptions = {}): ScriptedMessageResponse {
    const { text = null, ...options } = checkOptions(given, CALLS, 'respond.calls');
    for (const [index, call] of calls.entries()) {
      checkOptions(call, isCustom(call) ? CUSTOM_ENTRY : ENTRY, `respond.calls, calls[${index}]`);
    }
    return createMessage({ content: text, tool_calls: calls.map(createCall) }, options, 'respond.calls');
  },

  /** Any assistant message, including undocumented fields. */
  message<M extends ScriptedMessage>(message: M, options: MessageOptions = {}): ScriptedMessageResponse {
    return { ...checkOptions(options, MESSAGE, 'respond.message'), type: 'message', message };
  },

  refusal(text: string, options: MessageOptions = {}): ScriptedMessageResponse {
    return createMessage({ content: null, refusal: text }, options, 'respond.refusal');
  },

  /** Text cut by the token limit. For calls: `respond.calls([…], { finishReason: 'length' })`. */
  truncated(text: string, options: MessageOptions = {}): ScriptedMessageResponse {
    return { finishReason: 'length', ...createMessage({ content: text }, options, 'respond.truncated') };
  },

  filtered(text = '', options: MessageOptions = {}): ScriptedMessageResponse {
    return { finishReason: 'content_filter', ...createMessage({ content: text }, options, 'respond.filtered') };
  },

  /** Neither text nor calls. */
  empty(options: MessageOptions = {}): ScriptedMessageResponse {
    return createMessage({ content: null }, options, 'respond.empty');
  },

  httpError(status: number, options: HttpErrorOptions = {}): ScriptedHttpErrorResponse {
    const { headers = {}, message, code, param, body } = checkOptions(options, HTTP_ERROR, 'respond.httpError');
    const createMessage = message ?? `The script responds with ${status}.`;
    const error = { message: createMessage, type: chooseErrorType(status), param: param ?? null, code: code ?? null };
    // Header names are case-insensitive.
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return { type: 'http-error', status, headers: named, body: body ?? { error } };
  },

  /** Status 200 with a body that has only this `error`. */
  errorBody(error: Json): ScriptedErrorBodyResponse {
    return { type: 'error-body', error };
  },

  /** The stream ends after `afterChunks` pieces, without finish reason and `[DONE]`. */
  cut(message: ScriptedMessageResponse, options: InterruptionOptions = {}): ScriptedCutResponse {
    const { afterChunks = 0 } = checkOptions(options, INTERRUPTION, 'respond.cut');
    return { type: 'cut', response: message, afterChunks };
  },

  /** The stream stalls after `afterChunks` pieces. */
  stall(message: ScriptedMessageResponse, options: StallOptions = {}): ScriptedStallResponse {
    const { afterChunks = 0, until } = checkOptions(options, STALL, 'respond.stall');
    return { type: 'stall', response: message, afterChunks, ...(until !== undefined && { until }) };
  },

  /** The socket is destroyed before anything is sent, or after `afterChunks` pieces of `response`. */
  reset(options: ResetOptions = {}): ScriptedResetResponse {
    const { response: message, afterChunks = 0 } = checkOptions(options, RESET, 'respond.reset');
    return { type: 'reset', ...(message !== undefined && { partly: { response: message, afterChunks } }) };
  },

  /** An `error` event after `afterChunks` pieces of `response`. */
  streamError(error: Json, options: StreamErrorOptions = {}): ScriptedStreamErrorResponse {
    const { response: message, afterChunks = 0 } = checkOptions(options, RESET, 'respond.streamError');
    return { type: 'stream-error', error, response: message ?? respond.empty(), afterChunks };
  },

  /**
   * Responds if the request is as expected; otherwise the script fails and reports the differences. Objects may have
   * other fields, lists are compared whole: `respond.expecting({ messages: [{}, { content: /Oslo/ }] },
   * respond.text('Cold.'))`.
   */
  expecting<R extends ScriptedResponse>(expected: ExpectedRequest, inner: R): ExpectingResponse<R> {
    return { type: 'expecting', expected, response: inner };
  },

  /** Responds only after the promise has settled. */
  delayed<R extends ScriptedResponse>(inner: R, options: { readonly until: PromiseLike<unknown> }): DelayedResponse<R> {
    const { until } = checkOptions(options, DELAYED, 'respond.delayed');
    return { type: 'delayed', until, response: inner };
  },

  /** A raw body: a string or bytes are sent unchanged, any other value as JSON. Only for the server. */
  body(body: Json | Uint8Array, options: BodyOptions = {}): ScriptedBodyResponse {
    const { status = 200, headers = {} } = checkOptions(options, BODY, 'respond.body');
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return { type: 'body', status, headers: { 'content-type': 'application/json', ...headers }, body: raw };
  },

  /**
   * A raw stream with one write per piece: a string or bytes are sent unchanged, any other value as `data: <JSON>` and
   * a blank line. Nothing is added: end it with `'data: [DONE]\n\n'` unless it is cut off. Only for the server.
   */
  sse(pieces: readonly (Json | Uint8Array)[], options: Pick<BodyOptions, 'headers'> = {}): ScriptedSseResponse {
    const { headers = {} } = checkOptions(options, SSE, 'respond.sse');
    const raw = pieces.map((piece) =>
      typeof piece === 'string' || piece instanceof Uint8Array ? piece : `data: ${JSON.stringify(piece)}\n\n`,
    );
    return { type: 'sse', headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers }, pieces: raw };
  },

  /**
   * Writes to Node's response object: `respond.raw((response) => response.writeHead(200).end('{'))`. Only for the
   * server.
   */
  raw(answer: ScriptedRawResponse['answer']): ScriptedRawResponse {
    return { type: 'raw', answer };
  },
};

function createMessage(
  message: Omit<ScriptedMessage, 'role'>,
  options: MessageOptions,
  where: string,
): ScriptedMessageResponse {
  return { ...checkOptions(options, MESSAGE, where), type: 'message', message: { role: 'assistant', ...message } };
}

function isCustom(call: CallEntry | CustomCallEntry): call is CustomCallEntry {
  return typeof call === 'object' && call !== null && 'input' in call;
}

function createCall({ name, id, ...entry }: CallEntry | CustomCallEntry): ScriptedCall {
  const identity = id === undefined ? {} : { id };
  if ('input' in entry) return { ...identity, type: 'custom', custom: { name, input: entry.input } };
  const { arguments: given = {} } = entry;
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return { ...identity, type: 'function', function: { name, arguments: text } };
}

function chooseErrorType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
