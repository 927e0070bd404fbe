import type { ChatRequest, ChatResponse, Json } from '@pawl/core/chat';
import { chunks } from '../script/chunks.ts';
import { completion } from '../script/completion.ts';
import type { Interruption, ScriptedMessageResponse, ScriptedRawResponse, ScriptedResponse } from '../script/reply.ts';

/** One thing that the server does to its response. */
export type Act =
  | { readonly type: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly type: 'write'; readonly body: string | Uint8Array }
  /** Without `until`, for ever. */
  | { readonly type: 'wait'; readonly until?: PromiseLike<unknown> }
  | { readonly type: 'by-hand'; readonly answer: ScriptedRawResponse['answer'] }
  | { readonly type: 'end' }
  | { readonly type: 'destroy' };

export interface TransmissionOptions {
  readonly request: ChatRequest;
  /** Used where the request names none. */
  readonly model: string;
}

/** Everything that the server does to give this reply, in order. */
export function transmission(reply: ScriptedResponse, options: TransmissionOptions): readonly Act[] {
  switch (reply.type) {
    case 'message':
      return [...answer(reply, options), { type: 'end' }];
    case 'held':
      return [{ type: 'wait', until: reply.until }, ...transmission(reply.reply, options)];
    case 'cut':
      return [...interrupted(reply, options).before, { type: 'end' }];
    case 'stall': {
      const { before, after } = interrupted(reply, options);
      const wait: Act = reply.until === undefined ? { type: 'wait' } : { type: 'wait', until: reply.until };
      return [...before, wait, ...after, { type: 'end' }];
    }
    case 'reset':
      return [...(reply.partly === undefined ? [] : interrupted(reply.partly, options).before), { type: 'destroy' }];
    case 'stream-error': {
      if (!isStreamed(reply.reply, options)) return whole(jsonHead(), JSON.stringify({ error: reply.error }));
      const error: Act = { type: 'write', body: frame({ error: reply.error }) };
      return [...interrupted(reply, options).before, error, { type: 'end' }];
    }
    case 'error-body':
      return whole(jsonHead(), JSON.stringify({ error: reply.error }));
    case 'http-error':
      return whole({ ...jsonHead(reply.headers), status: reply.status }, bodyText(reply.body));
    case 'body':
      return whole({ type: 'head', status: reply.status, headers: reply.headers }, reply.body);
    case 'raw':
      return [{ type: 'by-hand', answer: reply.answer }];
    case 'sse': {
      const head: Act = { type: 'head', status: 200, headers: reply.headers };
      return [head, ...reply.pieces.map((body): Act => ({ type: 'write', body })), { type: 'end' }];
    }
  }
}

/** A whole message always says whether it is a refusal (ChatCompletionResponseMessage). */
function asSent(given: ChatResponse): object {
  return {
    ...given,
    choices: given.choices.map((choice) => ({ ...choice, message: { refusal: null, ...choice.message } })),
  };
}

function answer(reply: ScriptedMessageResponse, options: TransmissionOptions): readonly Act[] {
  const given = completion(reply, options);
  if (!isStreamed(reply, options)) return [jsonHead(), { type: 'write', body: JSON.stringify(asSent(given)) }];
  return [SSE_HEAD, ...frames(given, options).map((body): Act => ({ type: 'write', body }))];
}

function isStreamed(reply: ScriptedMessageResponse, { request }: TransmissionOptions): boolean {
  return reply.form === undefined ? request.stream === true : reply.form === 'sse';
}

const SSE_HEAD: Act = {
  type: 'head',
  status: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
};

function frames(given: ChatResponse, { request }: TransmissionOptions): readonly string[] {
  const includeUsage = request.stream_options?.include_usage === true;
  return [...chunks(given, { includeUsage }).map(frame), 'data: [DONE]\n\n'];
}

function frame(event: unknown): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** What is sent before the interruption, and what would have followed it. */
function interrupted(
  { reply, afterChunks }: Interruption,
  options: TransmissionOptions,
): { readonly before: readonly Act[]; readonly after: readonly Act[] } {
  const acts = answer(reply, options);
  // The head, and the chunk that only carries the role, come first.
  if (isStreamed(reply, options)) return { before: acts.slice(0, 2 + afterChunks), after: acts.slice(2 + afterChunks) };
  const body = JSON.stringify(asSent(completion(reply, options)));
  const half = Math.floor(body.length / 2);
  const write = (part: string): Act => ({ type: 'write', body: part });
  return { before: [jsonHead(), write(body.slice(0, half))], after: [write(body.slice(half))] };
}

function whole(head: Act, body: string | Uint8Array): readonly Act[] {
  return [head, { type: 'write', body }, { type: 'end' }];
}

function jsonHead(headers: Readonly<Record<string, string>> = {}): Act & { readonly type: 'head' } {
  return { type: 'head', status: 200, headers: { 'content-type': 'application/json', ...headers } };
}

function bodyText(body: Json): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
