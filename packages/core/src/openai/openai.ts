import { createTransport } from '#transport';
import { ConfigError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { readEnvironment } from '../base/read-environment.ts';
import { createQuoteCheck } from '../chat/quote-check.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel, Price } from '../model/chat-model.ts';
import { completeModelContext } from '../model/model-context.ts';
import { PRICE, type PriceTable, resolvePrice } from '../model/price.ts';
import { type DescribeRequest, withDescription } from '../model/request-identity.ts';
import { getMemo, type RequestMemo } from '../model/request-memo.ts';
import type { BodyBytes } from './body-bytes.ts';
import { createFinalTool } from './final-tool.ts';
import { findProfile } from './find-profile.ts';
import { type Profile, resolveProfile } from './profile.ts';
import { PROFILES, type ServerProfile } from './profiles.ts';
import { buildRequestBody } from './request-body.ts';
import {
  buildIdentityHeaders,
  buildKnownHeaders,
  buildRequestHeaders,
  buildTraceHeaders,
  checkHeaders,
  checkKey,
  type HeaderSource,
  type Headers,
} from './request-headers.ts';
import { RESPONSE_LIMITS, type ResponseLimits, resolveResponseLimits } from './response-limits.ts';
import { type OutgoingRequest, sendRequest, TIMEOUTS, type Timeouts } from './send-request.ts';
import { DEFAULT_BASE_URL, type Query, resolveServer, type Server } from './server.ts';
import { type Fetch, fetchTransport } from './transport/fetch-transport.ts';
import type { Dispatcher, Transport } from './transport/transport.ts';
import { markUnreportedCut } from './unreported-cut.ts';

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

/**
 * Creates a model on any server with the Chat Completions API.
 *
 * @throws ConfigError for an unknown option, an invalid URL or an invalid value. The first request throws it for a missing key, so that a
 * module that creates a model can be imported without a key.
 */
export function openai(model: string, openaiOptions: OpenAIOptions = {}): ChatModel {
  if (typeof model !== 'string' || model.trim() === '')
    throw new ConfigError('openai() needs the name of a model: openai("gpt-5-mini").');
  const options = checkOptions(openaiOptions, OPENAI_OPTIONS, 'openai()');
  const baseURL = options.baseURL ?? readEnvironment('OPENAI_BASE_URL') ?? DEFAULT_BASE_URL;
  const server = resolveServer(baseURL, options.query);
  const suggested = findProfile(server);
  const profile = resolveProfile(options.profile, { known: PROFILES, suggested });
  if (baseURL === DEFAULT_BASE_URL && profile.apiKeyVariable !== suggested.apiKeyVariable) {
    throw new ConfigError(
      `profile "${profile.name}" is for another server than OpenAI's, and there is no baseURL. Pass baseURL, or set the variable OPENAI_BASE_URL.`,
    );
  }
  const { extraBody } = options;
  const price = options.price && resolvePrice(options.price, model, 'openai()');
  checkExtraBody(extraBody);
  const timeouts = resolveTimeouts(options.timeouts);
  let headerSource = createHeaderSource(options, profile);
  /** Reads the environment again: a module that loads it may have run after this one. */
  const getHeaderSource = (): HeaderSource => {
    headerSource ??= createHeaderSource(options, profile);
    if (headerSource === undefined) throw createMissingKeyError(server, profile);
    return headerSource;
  };
  const responseLimits = resolveResponseLimits(options.responseLimits);
  const transport = selectTransport(server.url, options);
  const buildBody = (request: ChatRequest, memo?: RequestMemo): BodyBytes =>
    buildRequestBody(request, { model, profile, extraBody, memo });
  /** Contains the API key, among the headers: hash it before storing it. */
  const describe: DescribeRequest = async ({ stream: _, stream_options: __, ...request }) => {
    const source = getHeaderSource();
    const body = buildBody(createFinalTool(request, profile)?.request ?? request).toText();
    return { url: server.url, profile, headers: await buildIdentityHeaders(source), body };
  };
  return {
    name: model,
    ...(price && { price }),
    server: { provider: profile.name, address: server.hostname, port: server.port },
    send: withDescription(async (original, partialContext) => {
      const source = getHeaderSource();
      const finalTool = createFinalTool(original, profile);
      const request = withoutToolStream(finalTool?.request ?? original, profile);
      const context = completeModelContext(partialContext);
      const traits = { isStreamed: request.stream === true };
      const outgoing: OutgoingRequest = {
        model: request.model ?? model,
        url: server.url,
        address: server.address,
        transport,
        timeouts,
        responseLimits,
        readerOptions: chooseReaderOptions(request, profile),
        getHeaders: () => buildRequestHeaders(source, traits),
        traceHeaders: buildTraceHeaders(context),
        buildKnownHeaders: () => buildKnownHeaders(source, traits),
        body: buildBody(request, getMemo(context)),
        extraBody,
        review: (finished) => markUnreportedCut(finished, { request: original, profile, extraBody }),
      };
      const response = sendRequest(outgoing, finalTool?.wrapContext(context) ?? context);
      return finalTool === undefined ? response : response.then(finalTool.convertResponse);
    }, describe),
  };
}

function selectTransport(url: string, { fetch, dispatcher }: OpenAIOptions): Transport {
  if (dispatcher === undefined) return fetch === undefined ? createTransport(url) : fetchTransport(fetch, url);
  if (fetch !== undefined) {
    throw new ConfigError('openai() has both fetch and dispatcher, but only one can send the requests. Remove one.');
  }
  if (typeof dispatcher?.dispatch !== 'function') {
    throw new ConfigError(
      'dispatcher has no method dispatch. Pass an agent of undici: openai(model, { dispatcher: new Agent() }).',
    );
  }
  return createTransport(url, dispatcher);
}

/** Returns the request unstreamed if it has tools and the server does not stream tool calls. */
function withoutToolStream(request: ChatRequest, { streamsTools }: Profile): ChatRequest {
  if (streamsTools || request.stream !== true || (request.tools ?? []).length === 0) return request;
  const { stream: _, stream_options: __, ...rest } = request;
  return rest;
}

/** Reads calls from the text of the response only if the request allows calls. */
function chooseReaderOptions(
  { messages, tools = [], tool_choice: choice }: ChatRequest,
  profile: Profile,
): OutgoingRequest['readerOptions'] {
  const isTextRead = profile.textToolCalls && tools.length > 0 && choice !== 'none';
  return { tools, ...(isTextRead && { textCalls: { isQuoted: createQuoteCheck(messages) } }) };
}

function checkExtraBody(extraBody: JsonObject = {}): void {
  const reserved = ['model', 'messages', 'tools', 'stream'].find((name) => name in extraBody);
  if (reserved === undefined) return;
  throw new ConfigError(`extraBody has "${reserved}", which each request sets itself. Remove it from extraBody.`);
}

function resolveTimeouts({
  connectMs = 10_000,
  firstByteMs = 300_000,
  idleMs = 60_000,
}: Timeouts = {}): Required<Timeouts> {
  for (const [name, ms] of Object.entries({ connectMs, firstByteMs, idleMs })) {
    if (ms > 0) continue;
    throw new ConfigError(`timeouts.${name} is ${ms}. Pass milliseconds above 0, or Infinity for no limit.`);
  }
  return { connectMs, firstByteMs, idleMs };
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

/** Returns `undefined` if the server needs a key and there is none. */
function createHeaderSource(options: OpenAIOptions, profile: Profile): HeaderSource | undefined {
  const { organization, project } = options;
  checkHeaders({ 'openai-organization': organization ?? '', 'openai-project': project ?? '' });
  const headers = typeof options.headers === 'function' ? options.headers : checkHeaders(options.headers);
  const { keyHeader } = profile;
  const key = options.apiKey ?? readKey(options, profile);
  const apiKey = typeof key === 'function' ? key : checkKey(key);
  if (profile.needsKey && apiKey === '' && !hasOwnKey(headers)) return undefined;
  return { apiKey, keyHeader, headers, organization, project };
}

function createMissingKeyError({ address }: Server, { apiKeyVariable }: Profile): ConfigError {
  return new ConfigError(
    `No API key for ${address}. Set the variable ${apiKeyVariable}, or pass the option apiKey: openai(model, { apiKey }).`,
  );
}

/** Never sends a key of OpenAI to another vendor, unless the environment has the URL of that vendor too. */
function readKey({ baseURL }: OpenAIOptions, { apiKeyVariable, needsKey }: Profile): string | undefined {
  const own = readEnvironment(apiKeyVariable);
  if (own !== undefined || (needsKey && baseURL !== undefined)) return own;
  return readEnvironment('OPENAI_API_KEY');
}

/** A function may return a key header. It is called only when a request is sent. */
function hasOwnKey(headers: OpenAIOptions['headers']): boolean {
  if (headers === undefined || typeof headers === 'function') return headers !== undefined;
  return Object.keys(headers).some((name) => /^(authorization|(x-)?api-key)$/i.test(name));
}
