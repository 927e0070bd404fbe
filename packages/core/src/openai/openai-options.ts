import type { JsonObject } from '../base/json.ts';
import type { OptionTable } from '../base/options.ts';
import type { Price } from '../model/chat-model.ts';
import { PRICE, type PriceTable } from '../model/price.ts';
import type { ServerProfile } from './profiles.ts';
import type { Headers } from './request-headers.ts';
import { RESPONSE_LIMITS, type ResponseLimits } from './response-limits.ts';
import { TIMEOUTS, type Timeouts } from './send-request.ts';
import type { Query } from './server.ts';
import type { Fetch } from './transport/fetch-transport.ts';
import type { Dispatcher } from './transport/transport.ts';

export interface OpenAIOptions {
  /**
   * A function is called for each attempt, for keys that expire.
   *
   * @defaultValue the variable that the profile names (`GROQ_API_KEY` for Groq), or `OPENAI_API_KEY`. The latter is never sent to
   * another known vendor, unless `OPENAI_BASE_URL` has its URL.
   */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** @defaultValue the variable `OPENAI_BASE_URL`, or `https://api.openai.com/v1` */
  readonly baseURL?: string;
  /**
   * The form of requests that the server accepts: the name of a profile, or changes to the profile of the URL.
   *
   * @defaultValue the profile of the URL; for an unknown URL `'compatible'`, which most servers accept
   */
  readonly profile?: ServerProfile;
  /** Additional headers. They replace headers of the same name. A function is called for each attempt. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** Query parameters of the URL: `{ 'api-version': '2024-10-21' }`. */
  readonly query?: Query;
  readonly organization?: string;
  readonly project?: string;
  /** Sends the requests instead of the transport of the platform. */
  readonly fetch?: Fetch;
  /**
   * Sends the requests on Node: an agent, proxy or mock of undici 7 or later. It manages connections and proxies, so
   * `timeouts.connectMs` and the proxy variables have no effect. Cannot be combined with `fetch`.
   *
   * @defaultValue an agent of this package, never the global one of undici
   */
  readonly dispatcher?: Dispatcher;
  /**
   * Required for `limits.cost`: the price of the model, or a table that has the model's name, such as those of `@pawl/core/prices`. A table
   * without the model is an error.
   */
  readonly price?: Price | PriceTable;
  /** Additional fields of the request body. They replace fields of the request. */
  readonly extraBody?: JsonObject;
  readonly timeouts?: Timeouts;
  readonly responseLimits?: ResponseLimits;
}

const AGENT_RETRY = 'It is an option of the agent: retry: { maxAttempts }.';
const AGENT_SETTINGS = 'It is an option of the agent: modelSettings.';
const BASE_URL = 'The option is "baseURL".';

/** `apiKey` and `headers` are `any` here and checked elsewhere: an error of this table would quote a secret. */
export const OPENAI_OPTIONS: OptionTable<OpenAIOptions> = {
  keys: {
    apiKey: 'any',
    baseURL: 'text',
    profile: 'any',
    headers: 'any',
    query: 'object',
    organization: 'text',
    project: 'text',
    fetch: 'function',
    dispatcher: 'object',
    price: PRICE,
    extraBody: 'object',
    timeouts: TIMEOUTS,
    responseLimits: RESPONSE_LIMITS,
  },
  hints: {
    url: BASE_URL,
    host: BASE_URL,
    endpoint: BASE_URL,
    basePath: BASE_URL,
    key: 'The option is "apiKey".',
    token: 'The option is "apiKey".',
    defaultHeaders: 'The option is "headers".',
    defaultQuery: 'The option is "query".',
    maxRetries: AGENT_RETRY,
    retries: AGENT_RETRY,
    retry: AGENT_RETRY,
    timeout: 'The option is "timeouts": timeouts: { connectMs, firstByteMs, idleMs }.',
    timeoutMs: 'The option is "timeouts": timeouts: { connectMs, firstByteMs, idleMs }.',
    model: 'The name comes first: openai(model, options).',
    provider: 'The option is "profile".',
    caps: 'The option is "responseLimits".',
    cost: 'The option is "price".',
    pricing: 'The option is "price".',
    settings: AGENT_SETTINGS,
    modelSettings: AGENT_SETTINGS,
    temperature: 'It is a request field: modelSettings of the agent, { temperature }.',
    dangerouslyAllowBrowser: 'Leave it out.',
  },
};
