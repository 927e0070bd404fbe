import type { ChatRequest } from '@pawl/core/chat';
import { readJson } from '../base/json.ts';
import { respond } from '../script/build-reply.ts';
import type { ScriptedResponse } from '../script/reply.ts';
import { checkRequest } from './check-request.ts';

export interface Incoming {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface RouteOptions {
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly checks: 'openai' | 'none';
}

export interface Route {
  /** What is answered at once; without it, the conversation goes on. */
  readonly reply?: ScriptedResponse;
  /** Absent where it is no request for a completion. */
  readonly request?: ChatRequest;
}

/** What a request is for: a conversation to go on with, or something that is answered at once. */
export function route(incoming: Incoming, options: RouteOptions): Route {
  const { method, path } = incoming;
  const refusal = keyRefusal(incoming.authorization, options.apiKey);
  if (refusal !== undefined) return { reply: refusal };
  const isChecked = options.checks === 'openai';
  const allowed = METHODS[path] ?? (isChecked ? undefined : 'POST');
  if (allowed === undefined) return { reply: respond.httpError(404, { message: `Invalid URL (${method} ${path})` }) };
  if (method !== allowed) return { reply: notAllowed(incoming, allowed) };
  if (path === '/v1/models') return { reply: models(options.model) };
  return chat(incoming.body, options);
}

const METHODS: Readonly<Record<string, string>> = { '/v1/chat/completions': 'POST', '/v1/models': 'GET' };

/** Never quotes a key, neither the right one nor the one that came. */
function keyRefusal(authorization: string | undefined, apiKey: string | undefined): ScriptedResponse | undefined {
  if (apiKey === undefined || authorization === `Bearer ${apiKey}`) return undefined;
  if (authorization !== undefined)
    return respond.httpError(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' });
  const message =
    "You didn't provide an API key. Provide it in an Authorization header, as 'Authorization: Bearer YOUR_KEY'.";
  return respond.httpError(401, { message });
}

function notAllowed({ method, path }: Incoming, allowed: string): ScriptedResponse {
  const message = `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`;
  return respond.httpError(405, { message, code: 'method_not_supported', headers: { allow: allowed } });
}

function models(id: string): ScriptedResponse {
  return respond.body({ object: 'list', data: [{ id, object: 'model', created: 1_735_689_600, owned_by: 'pawl' }] });
}

function chat(text: string, { checks }: Pick<RouteOptions, 'checks'>): Route {
  const body = readJson(text);
  if (body === undefined) {
    const message =
      'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)';
    return { reply: respond.httpError(400, { message }) };
  }
  const request = body as unknown as ChatRequest; // JSON comes in; the check below refuses what is none.
  const fault = checks === 'none' ? undefined : checkRequest(body);
  return { request, ...(fault && { reply: respond.httpError(400, fault) }) };
}
