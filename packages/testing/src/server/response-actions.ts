import type { ChatRequest, ChatResponse, Json } from '@pawl/core/chat';
import { buildChunks } from '../script/build-chunks.ts';
import { buildCompletion } from '../script/build-completion.ts';
import type {
  Interruption,
  ScriptedMessageResponse,
  ScriptedRawResponse,
  ScriptedResponse,
} from '../script/scripted-response.ts';

/** One action of the server on its response. */
export type ResponseAction =
  | { readonly type: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly type: 'write'; readonly body: string | Uint8Array }
  /** Without `until`, forever. */
  | { readonly type: 'wait'; readonly until?: PromiseLike<unknown> }
  | { readonly type: 'by-hand'; readonly answer: ScriptedRawResponse['answer'] }
  | { readonly type: 'end' }
  | { readonly type: 'destroy' };

export interface ListActionsOptions {
  readonly request: ChatRequest;
  /** Used if the request names none. */
  readonly model: string;
}

/** Lists the actions that send this response, in order. */
export function listActions(response: ScriptedResponse, options: ListActionsOptions): readonly ResponseAction[] {
  switch (response.type) {
    case 'message':
      return [...listMessageActions(response, options), { type: 'end' }];
    case 'delayed':
      return [{ type: 'wait', until: response.until }, ...listActions(response.response, options)];
    case 'cut':
      return [...splitAtInterruption(response, options).before, { type: 'end' }];
    case 'stall': {
      const { before, after } = splitAtInterruption(response, options);
      const wait: ResponseAction =
        response.until === undefined ? { type: 'wait' } : { type: 'wait', until: response.until };
      return [...before, wait, ...after, { type: 'end' }];
    }
    case 'reset':
      return [
        ...(response.partly === undefined ? [] : splitAtInterruption(response.partly, options).before),
        { type: 'destroy' },
      ];
    case 'stream-error': {
      if (!isStreamed(response.response, options))
        return listWholeActions(createJsonHead(), JSON.stringify({ error: response.error }));
      const error: ResponseAction = { type: 'write', body: formatFrame({ error: response.error }) };
      return [...splitAtInterruption(response, options).before, error, { type: 'end' }];
    }
    case 'error-body':
      return listWholeActions(createJsonHead(), JSON.stringify({ error: response.error }));
    case 'http-error':
      return listWholeActions(
        { ...createJsonHead(response.headers), status: response.status },
        toBodyText(response.body),
      );
    case 'body':
      return listWholeActions({ type: 'head', status: response.status, headers: response.headers }, response.body);
    case 'raw':
      return [{ type: 'by-hand', answer: response.answer }];
    case 'sse': {
      const head: ResponseAction = { type: 'head', status: 200, headers: response.headers };
      return [head, ...response.pieces.map((body): ResponseAction => ({ type: 'write', body })), { type: 'end' }];
    }
  }
}

/** OpenAI's whole messages always have `refusal` (ChatCompletionResponseMessage). */
function asSent(given: ChatResponse): object {
  return {
    ...given,
    choices: given.choices.map((choice) => ({ ...choice, message: { refusal: null, ...choice.message } })),
  };
}

function listMessageActions(response: ScriptedMessageResponse, options: ListActionsOptions): readonly ResponseAction[] {
  const given = buildCompletion(response, options);
  if (!isStreamed(response, options)) return [createJsonHead(), { type: 'write', body: JSON.stringify(asSent(given)) }];
  return [SSE_HEAD, ...formatFrames(given, options).map((body): ResponseAction => ({ type: 'write', body }))];
}

function isStreamed(response: ScriptedMessageResponse, { request }: ListActionsOptions): boolean {
  return response.form === undefined ? request.stream === true : response.form === 'sse';
}

const SSE_HEAD: ResponseAction = {
  type: 'head',
  status: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
};

function formatFrames(given: ChatResponse, { request }: ListActionsOptions): readonly string[] {
  const includeUsage = request.stream_options?.include_usage === true;
  return [...buildChunks(given, { includeUsage }).map(formatFrame), 'data: [DONE]\n\n'];
}

function formatFrame(event: unknown): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** Splits the actions at the interruption. */
function splitAtInterruption(
  { response, afterChunks }: Interruption,
  options: ListActionsOptions,
): { readonly before: readonly ResponseAction[]; readonly after: readonly ResponseAction[] } {
  const acts = listMessageActions(response, options);
  // The head and the chunk with the role come first.
  if (isStreamed(response, options))
    return { before: acts.slice(0, 2 + afterChunks), after: acts.slice(2 + afterChunks) };
  const body = JSON.stringify(asSent(buildCompletion(response, options)));
  const half = Math.floor(body.length / 2);
  const write = (part: string): ResponseAction => ({ type: 'write', body: part });
  return { before: [createJsonHead(), write(body.slice(0, half))], after: [write(body.slice(half))] };
}

function listWholeActions(head: ResponseAction, body: string | Uint8Array): readonly ResponseAction[] {
  return [head, { type: 'write', body }, { type: 'end' }];
}

function createJsonHead(headers: Readonly<Record<string, string>> = {}): ResponseAction & { readonly type: 'head' } {
  return { type: 'head', status: 200, headers: { 'content-type': 'application/json', ...headers } };
}

function toBodyText(body: Json): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
