import { transport as platformTransport } from '#transport';
import { ConfigError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { requestBody, type TokenField } from './body.ts';
import type { ChatModel, Price } from './chat-model.ts';
import { environment } from './environment.ts';
import { modelContext } from './model-context.ts';
import { checkedKey, type HeaderSource, type Headers, requestHeaders } from './request-headers.ts';
import { sendRequest, type Timeouts } from './send-request.ts';
import { DEFAULT_BASE_URL, type Server, serverAt } from './server.ts';
import { type Fetch, fetchTransport } from './transport-fetch.ts';

export interface OpenAIOptions {
  /** A function is asked for each attempt, for keys that expire. @defaultValue the variable `OPENAI_API_KEY` */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** @defaultValue the variable `OPENAI_BASE_URL`, or `https://api.openai.com/v1` */
  readonly baseURL?: string;
  /** Sent along, in place of ours where the names are the same. A function is asked for each attempt. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  readonly organization?: string;
  readonly project?: string;
  /** Used in place of the platform's transport. */
  readonly fetch?: Fetch;
  /** Needed for `limits.cost`. */
  readonly price?: Price;
  /** Fields that this server knows beyond the documented ones; they win over a request's own. */
  readonly extraBody?: JsonObject;
  /**
   * The name under which `max_completion_tokens` is sent.
   *
   * @defaultValue `'max_completion_tokens'` for OpenAI and Azure, whose reasoning models refuse the other;
   * `'max_tokens'` for any other server: all of them know it, and some refuse or overlook the newer one.
   */
  readonly tokenField?: TokenField;
  readonly timeouts?: Timeouts;
}

/**
 * A model behind any server that speaks Chat Completions.
 *
 * @throws ConfigError for a missing key, a bad address, or an option that can't be.
 */
export function openai(model: string, options: OpenAIOptions = {}): ChatModel {
  if (typeof model !== 'string' || model.trim() === '')
    throw new ConfigError('openai() needs the name of a model: openai("gpt-5-mini").');
  const server = serverAt(options.baseURL ?? environment().baseURL ?? DEFAULT_BASE_URL);
  const { price, extraBody, tokenField = server.tokenField } = options;
  checkExtraBody(extraBody);
  const timeouts = checkedTimeouts(options.timeouts);
  const headers = headerSource(options, server);
  const transport = options.fetch === undefined ? platformTransport : fetchTransport(options.fetch);
  return {
    name: model,
    ...(price && { price }),
    send(request, given) {
      const context = modelContext(given);
      const asked = { isStreamed: request.stream === true, traceparent: context.traceparent };
      return sendRequest(
        {
          model: request.model ?? model,
          url: server.url,
          address: server.address,
          transport,
          timeouts,
          headers: () => requestHeaders(headers, asked),
          body: requestBody(request, { model, tokenField, extraBody }),
        },
        context,
      );
    },
  };
}

function checkExtraBody(extraBody: JsonObject = {}): void {
  const ours = ['model', 'messages', 'tools', 'stream'].find((name) => name in extraBody);
  if (ours === undefined) return;
  throw new ConfigError(`extraBody has "${ours}", which each request sets itself. Leave it out of extraBody.`);
}

function checkedTimeouts({ firstByteMs = 300_000, idleMs = 60_000 }: Timeouts = {}): Required<Timeouts> {
  for (const [name, ms] of Object.entries({ firstByteMs, idleMs })) {
    if (ms > 0) continue;
    throw new ConfigError(`timeouts.${name} is ${ms}. Give milliseconds above 0, or Infinity for no limit.`);
  }
  return { firstByteMs, idleMs };
}

function headerSource(options: OpenAIOptions, server: Server): HeaderSource {
  const { headers, organization, project } = options;
  const given = options.apiKey ?? environment().apiKey;
  const apiKey = typeof given === 'function' ? given : checkedKey(given);
  if (server.needsKey && apiKey === '' && !hasOwnAuthorization(headers)) {
    throw new ConfigError(
      `No API key for ${server.address}. Set the variable OPENAI_API_KEY, or pass the option apiKey: openai(model, { apiKey }).`,
    );
  }
  return { apiKey, headers, organization, project };
}

/** A function may give it; whether it does is seen when it is asked. */
function hasOwnAuthorization(headers: OpenAIOptions['headers']): boolean {
  if (headers === undefined || typeof headers === 'function') return headers !== undefined;
  return Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
}
