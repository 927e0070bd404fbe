import { sliceStart } from '../compare/slice-start.ts';
import { isObject, readJson } from '../stand-in/json.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a server answered, as it came. */
export interface Answer {
  readonly status: number;
  /** A whole reply; absent where it is no JSON object. */
  readonly body: Fields | undefined;
  /** The events of a stream, `[DONE]` apart. */
  readonly events: readonly Fields[];
  readonly hasDone: boolean;
  /** For people: the server's own message, or the beginning of what it sent. */
  readonly said: string;
}

export interface Server {
  readonly baseURL: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** One request with the model's name in it. Never rejects: what can't be reached has status 0. */
export function ask({ model, ...server }: Server, body: Fields): Promise<Answer> {
  return exchange('/chat/completions', { ...server, body: { model, ...body } });
}

export interface Exchanging extends Omit<Server, 'model'> {
  readonly body?: Fields;
}

export async function exchange(path: string, { baseURL, headers, timeoutMs, body }: Exchanging): Promise<Answer> {
  try {
    const response = await fetch(baseURL.replace(/\/+$/, '') + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answerOf(response.status, await response.text());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 0, body: undefined, events: [], hasDone: false, said: String(cause) };
  }
}

function answerOf(status: number, text: string): Answer {
  const whole = readJson(text);
  const body = isObject(whole) ? whole : undefined;
  const lines = text.split(/\r\n|\r|\n/).flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? []);
  const events = lines.map(readJson).filter(isObject);
  return { status, body, events, hasDone: lines.includes('[DONE]'), said: errorIn(body) ?? sliceStart(text, 200) };
}

function errorIn(body: Fields | undefined): string | undefined {
  const error = body?.['error'];
  if (typeof error === 'string') return error;
  return isObject(error) && typeof error['message'] === 'string' ? error['message'] : undefined;
}

/** The first choice of a whole reply. */
export function choiceOf({ body }: Answer): Fields {
  const choices = body?.['choices'];
  const [choice] = Array.isArray(choices) ? choices : [];
  return isObject(choice) ? choice : {};
}

export function messageOf(answer: Answer): Fields {
  const { message } = choiceOf(answer);
  return isObject(message) ? message : {};
}

export function textOf(answer: Answer): string {
  const { content } = messageOf(answer);
  return typeof content === 'string' ? content : '';
}

export interface Call {
  readonly id: unknown;
  readonly name: unknown;
  readonly arguments: unknown;
}

export function callsOf(answer: Answer): readonly Call[] {
  const { tool_calls: calls } = messageOf(answer);
  return Array.isArray(calls) ? calls.filter(isObject).map(callOf) : [];
}

function callOf(call: Fields): Call {
  const held = call['function'] ?? call['custom'];
  const fields = isObject(held) ? held : {};
  return { id: call['id'], name: fields['name'], arguments: fields['arguments'] ?? fields['input'] };
}

/** The deltas of a stream's first choice. */
export function deltasOf({ events }: Answer): readonly Fields[] {
  return events.flatMap(({ choices }) => {
    const [choice] = Array.isArray(choices) ? choices : [];
    return isObject(choice) && isObject(choice['delta']) ? [choice['delta']] : [];
  });
}
