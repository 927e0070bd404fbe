import { isObject, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The response of a server. */
export interface ProbeResponse {
  readonly status: number;
  /** A whole body; absent if it is not a JSON object. */
  readonly body: Fields | undefined;
  /** The events of a stream without `[DONE]`. */
  readonly events: readonly Fields[];
  readonly hasDone: boolean;
  /** The server's error message, else the beginning of the body. */
  readonly message: string;
  /** The token limit of the request. */
  readonly maxTokens: number;
}

export type TokenField = 'max_completion_tokens' | 'max_tokens';

export interface ProbedServer {
  readonly baseURL: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Added to every request that does not set it. Empty until a probe finds the field that the server accepts. */
  readonly cap: Readonly<Partial<Record<TokenField, number>>>;
}

/** Sends one request with the model's name. Never rejects: an unreachable server gives status 0. */
export function requestCompletion({ model, cap, ...server }: ProbedServer, body: object): Promise<ProbeResponse> {
  return sendRequest('/chat/completions', { ...server, body: { model, ...cap, ...body } });
}

export async function sendRequest(
  path: string,
  { baseURL, headers, timeoutMs, body }: Omit<ProbedServer, 'model' | 'cap'> & { readonly body?: Fields },
): Promise<ProbeResponse> {
  const maxTokens = Number(body?.['max_completion_tokens'] ?? body?.['max_tokens'] ?? Number.POSITIVE_INFINITY);
  try {
    const response = await fetch(baseURL.replace(/\/+$/, '') + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { ...readResponse(response.status, await response.text()), maxTokens };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 0, body: undefined, events: [], hasDone: false, message: String(cause), maxTokens };
  }
}

function readResponse(status: number, text: string): Omit<ProbeResponse, 'maxTokens'> {
  const whole = readJson(text);
  const body = isObject(whole) ? whole : undefined;
  const lines = text.split(/\r\n|\r|\n/).flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? []);
  const events = lines.map(readJson).filter(isObject);
  return {
    status,
    body,
    events,
    hasDone: lines.includes('[DONE]'),
    message: readErrorMessage(body) ?? sliceStart(text, 200),
  };
}

function readErrorMessage(body: Fields | undefined): string | undefined {
  const error = body?.['error'];
  if (typeof error === 'string') return error;
  return isObject(error) && typeof error['message'] === 'string' ? error['message'] : undefined;
}

/** The first choice of a whole body. */
export function readChoice({ body }: Pick<ProbeResponse, 'body'>): Fields {
  const choices = body?.['choices'];
  const [choice] = Array.isArray(choices) ? choices : [];
  return isObject(choice) ? choice : {};
}

/** The number of output tokens; `undefined` if the server reports none. */
export function readCompletionTokens({ body, events }: ProbeResponse): number | undefined {
  const usage = [body, ...events].map((each) => each?.['usage']).findLast(isObject);
  const tokens = usage?.['completion_tokens'];
  return typeof tokens === 'number' ? tokens : undefined;
}

/** Whether the response ended at its token limit. Some servers report `stop` in this case. */
export function isTruncated(answer: ProbeResponse): boolean {
  const reasons = [answer.body, ...answer.events].map((body) => readChoice({ body })['finish_reason']);
  return reasons.includes('length') || (readCompletionTokens(answer) ?? 0) >= answer.maxTokens;
}

export function readMessage(answer: ProbeResponse): Fields {
  const { message } = readChoice(answer);
  return isObject(message) ? message : {};
}

export function readResponseText(answer: ProbeResponse): string {
  const { content } = readMessage(answer);
  return typeof content === 'string' ? content : '';
}

export interface ReceivedCall {
  readonly id: unknown;
  readonly name: unknown;
  readonly arguments: unknown;
}

export function readCalls(answer: ProbeResponse): readonly ReceivedCall[] {
  const { tool_calls: calls } = readMessage(answer);
  return (Array.isArray(calls) ? calls.filter(isObject) : []).map((call) => {
    const held = call['function'] ?? call['custom'];
    const fields = isObject(held) ? held : {};
    return { id: call['id'], name: fields['name'], arguments: fields['arguments'] ?? fields['input'] };
  });
}

/** The deltas of the first choice of a stream. */
export function readDeltas({ events }: ProbeResponse): readonly Fields[] {
  return events.map((body) => readChoice({ body })['delta']).filter(isObject);
}
