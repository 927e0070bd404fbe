import type { ChatRequest } from '@pawl/core/chat';
import { readJson } from '../base/json.ts';
import { respond } from '../script/respond.ts';
import type { ScriptedResponse } from '../script/scripted-response.ts';
import { checkRequest } from './check-request.ts';

export interface RoutedRequest {
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
  /** An immediate response. Without it, the script responds. */
  readonly response?: ScriptedResponse;
  /** Absent if the request is not for a completion. */
  readonly request?: ChatRequest;
}

/** Decides whether a request gets an immediate response or one from the script. */
export function route(incoming: RoutedRequest, options: RouteOptions): Route {
  const { method, path } = incoming;
  const refusal = checkKey(incoming.authorization, options.apiKey);
  if (refusal !== undefined) return { response: refusal };
  const isChecked = options.checks === 'openai';
  const allowed = METHODS[path] ?? (isChecked ? undefined : 'POST');
  if (allowed === undefined)
    return { response: respond.httpError(404, { message: `Invalid URL (${method} ${path})` }) };
  if (method !== allowed) return { response: refuseMethod(incoming, allowed) };
  if (path === '/v1/models') return { response: listModels(options.model) };
  return routeChat(incoming.body, options);
}

const METHODS: Readonly<Record<string, string>> = { '/v1/chat/completions': 'POST', '/v1/models': 'GET' };

/** Never quotes a key, neither the expected nor the received one. */
function checkKey(authorization: string | undefined, apiKey: string | undefined): ScriptedResponse | undefined {
  if (apiKey === undefined || authorization === `Bearer ${apiKey}`) return undefined;
  if (authorization !== undefined)
    return respond.httpError(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' });
  const message =
    "You didn't provide an API key. Provide it in an Authorization header, as 'Authorization: Bearer YOUR_KEY'.";
  return respond.httpError(401, { message });
}

function refuseMethod({ method, path }: RoutedRequest, allowed: string): ScriptedResponse {
  const message = `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`;
  return respond.httpError(405, { message, code: 'method_not_supported', headers: { allow: allowed } });
}

function listModels(id: string): ScriptedResponse {
  return respond.body({ object: 'list', data: [{ id, object: 'model', created: 1_735_689_600, owned_by: 'pawl' }] });
}

function routeChat(text: string, { checks }: Pick<RouteOptions, 'checks'>): Route {
  const body = readJson(text);
  if (body === undefined) {
    const message =
      'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)';
    return { response: respond.httpError(400, { message }) };
  }
  const request = body as unknown as ChatRequest; // JSON; `checkRequest` refuses an invalid request.
  const fault = checks === 'none' ? undefined : checkRequest(body);
  return { request, ...(fault && { response: respond.httpError(400, fault) }) };
}
