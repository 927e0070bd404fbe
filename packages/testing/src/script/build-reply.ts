import type { JsonObject } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
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
} from './reply.ts';
import type { ExpectedRequest, ExpectingResponse } from './script.ts';

export interface CallOptions extends MessageOptions {
  readonly id?: string;
}

export interface CallsOptions extends MessageOptions {
  /** Said beside the calls. */
  readonly text?: string;
}

export interface CallEntry {
  readonly name: string;
  /** A string is sent as it is, JSON or not. @defaultValue {} */
  readonly arguments?: JsonObject | string;
  readonly id?: string;
}

/** A call of a custom tool, in the form of servers that know them. */
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
  /** In place of OpenAI's form: JSON, or a text that is sent as it is. */
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
  /** The answer in whose middle it happens. Without it, nothing is answered. */
  readonly reply?: ScriptedMessageResponse;
}

export interface StreamErrorOptions extends InterruptionOptions {
  readonly reply?: ScriptedMessageResponse;
}

export interface BodyOptions {
  /** @defaultValue 200 */
  readonly status?: number;
  /** Lower case. @defaultValue a `content-type` of JSON, or of an event stream */
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
const RESET: OptionTable<ResetOptions & StreamErrorOptions> = { keys: { ...INTERRUPTION.keys, reply: 'object' } };
const HELD: OptionTable<{ readonly until: PromiseLike<unknown> }> = { keys: { until: 'any' } };
const BODY: OptionTable<BodyOptions> = { keys: { status: 'number', headers: 'object' } };
const SSE: OptionTable<Pick<BodyOptions, 'headers'>> = { keys: { headers: 'object' } };

/** Makes the entries of a script. */
export const respond = {
  text(text: string, options: MessageOptions = {}): ScriptedMessageResponse {
    return said({ content: text }, options, 'respond.text');
  },

  call(name: string, args: JsonObject | string = {}, given: CallOptions = {}): ScriptedMessageResponse {
    const { id, ...options } = checkOptions(given, CALL, 'respond.call');
    return respond.calls([{ name, arguments: args, ...(id !== undefined && { id }) }], options);
  },

  /** A call of a custom tool: its input is the text. */
  custom(name: string, input: string, given: CallOptions = {}): ScriptedMessageResponse {
    const { id, ...options } = checkOptions(given, CALL, 'respond.custom');
    return respond.calls([{ name, input, ...(id !== undefined && { id }) }], options);
  },

  calls(calls: readonly (CallEntry | CustomCallEntry)[], given: CallsOptions = {}): ScriptedMessageResponse {
    const { text = null, ...options } = checkOptions(given, CALLS, 'respond.calls');
    for (const [index, call] of calls.entries()) {
      checkOptions(call, isCustom(call) ? CUSTOM_ENTRY : ENTRY, `respond.calls, calls[${index}]`);
    }
    return said({ content: text, tool_calls: calls.map(scriptedCall) }, options, 'respond.calls');
  },

  /** Any assistant message, also with fields that are not documented. */
  message<M extends ScriptedMessage>(message: M, options: MessageOptions = {}): ScriptedMessageResponse {
    return { ...checkOptions(options, MESSAGE, 'respond.message'), type: 'message', message };
  },

  refusal(text: string, options: MessageOptions = {}): ScriptedMessageResponse {
    return said({ content: null, refusal: text }, options, 'respond.refusal');
  },

  /** Text that the token limit cut. For calls: `respond.calls([…], { finishReason: 'length' })`. */
  truncated(text: string, options: MessageOptions = {}): ScriptedMessageResponse {
    return { finishReason: 'length', ...said({ content: text }, options, 'respond.truncated') };
  },

  filtered(text = '', options: MessageOptions = {}): ScriptedMessageResponse {
    return { finishReason: 'content_filter', ...said({ content: text }, options, 'respond.filtered') };
  },

  /** Neither text nor calls. */
  empty(options: MessageOptions = {}): ScriptedMessageResponse {
    return said({ content: null }, options, 'respond.empty');
  },

  httpError(status: number, options: HttpErrorOptions = {}): ScriptedHttpErrorResponse {
    const { headers = {}, message, code, param, body } = checkOptions(options, HTTP_ERROR, 'respond.httpError');
    const said = message ?? `The script answers ${status}.`;
    const error = { message: said, type: errorType(status), param: param ?? null, code: code ?? null };
    // On the wire, and so everywhere, the case of their names says nothing.
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return { type: 'http-error', status, headers: named, body: body ?? { error } };
  },

  /** Status 200, and a body that only holds this `error`. */
  errorBody(error: Json): ScriptedErrorBodyResponse {
    return { type: 'error-body', error };
  },

  /** The stream ends after so many pieces, without finish reason and `[DONE]`. */
  cut(message: ScriptedMessageResponse, options: InterruptionOptions = {}): ScriptedCutResponse {
    const { afterChunks = 0 } = checkOptions(options, INTERRUPTION, 'respond.cut');
    return { type: 'cut', reply: message, afterChunks };
  },

  /** The stream stands still after so many pieces. */
  stall(message: ScriptedMessageResponse, options: StallOptions = {}): ScriptedStallResponse {
    const { afterChunks = 0, until } = checkOptions(options, STALL, 'respond.stall');
    return { type: 'stall', reply: message, afterChunks, ...(until !== undefined && { until }) };
  },

  /** The socket is destroyed: before anything is sent, or after so many pieces of `reply`. */
  reset(options: ResetOptions = {}): ScriptedResetResponse {
    const { reply: message, afterChunks = 0 } = checkOptions(options, RESET, 'respond.reset');
    return { type: 'reset', ...(message !== undefined && { partly: { reply: message, afterChunks } }) };
  },

  /** An `error` event after so many pieces of `reply`. */
  streamError(error: Json, options: StreamErrorOptions = {}): ScriptedStreamErrorResponse {
    const { reply: message, afterChunks = 0 } = checkOptions(options, RESET, 'respond.streamError');
    return { type: 'stream-error', error, reply: message ?? respond.empty(), afterChunks };
  },

  /**
   * The reply, where the request is as expected; otherwise the script fails with the difference. Objects are compared by the fields that are
   * named, lists whole: `respond.expecting({ messages: [{}, { content: /Oslo/ }] }, respond.text('Cold.'))`.
   */
  expecting<R extends ScriptedResponse>(expected: ExpectedRequest, inner: R): ExpectingResponse<R> {
    return { type: 'expecting', expected, reply: inner };
  },

  /** Answers only once the promise has settled. */
  delayed<R extends ScriptedResponse>(inner: R, options: { readonly until: PromiseLike<unknown> }): DelayedResponse<R> {
    const { until } = checkOptions(options, HELD, 'respond.delayed');
    return { type: 'held', until, reply: inner };
  },

  /** A body as it is: a string or bytes are sent unchanged, anything else as JSON. Only for the server. */
  body(body: Json | Uint8Array, options: BodyOptions = {}): ScriptedBodyResponse {
    const { status = 200, headers = {} } = checkOptions(options, BODY, 'respond.body');
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return { type: 'body', status, headers: { 'content-type': 'application/json', ...headers }, body: raw };
  },

  /**
   * A stream, one write for each piece: a string or bytes are sent unchanged, anything else as `data: <JSON>` and a blank
   * line. Nothing is added, so end it with `'data: [DONE]\n\n'` where it has an end. Only for the server.
   */
  sse(pieces: readonly (Json | Uint8Array)[], options: Pick<BodyOptions, 'headers'> = {}): ScriptedSseResponse {
    const { headers = {} } = checkOptions(options, SSE, 'respond.sse');
    const raw = pieces.map((piece) =>
      typeof piece === 'string' || piece instanceof Uint8Array ? piece : `data: ${JSON.stringify(piece)}\n\n`,
    );
    return { type: 'sse', headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers }, pieces: raw };
  },

  /** Node's own response, by hand: `respond.raw((response) => response.writeHead(200).end('{'))`. Only for the server. */
  raw(answer: ScriptedRawResponse['answer']): ScriptedRawResponse {
    return { type: 'raw', answer };
  },
};

function said(message: Omit<ScriptedMessage, 'role'>, options: MessageOptions, where: string): ScriptedMessageResponse {
  return { ...checkOptions(options, MESSAGE, where), type: 'message', message: { role: 'assistant', ...message } };
}

function isCustom(call: CallEntry | CustomCallEntry): call is CustomCallEntry {
  return typeof call === 'object' && call !== null && 'input' in call;
}

function scriptedCall({ name, id, ...entry }: CallEntry | CustomCallEntry): ScriptedCall {
  const identity = id === undefined ? {} : { id };
  if ('input' in entry) return { ...identity, type: 'custom', custom: { name, input: entry.input } };
  const { arguments: given = {} } = entry;
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return { ...identity, type: 'function', function: { name, arguments: text } };
}

function errorType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
