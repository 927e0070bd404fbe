import { createTransport } from '#transport';
import { ConfigError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { readEnvironment } from '../base/read-environment.ts';
import { createQuoteCheck } from '../chat/quote-check.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel, Price } from '../model/chat-model.ts';
import { modelContext } from '../model/model-context.ts';
import { PRICE, type PriceTable, resolvePrice } from '../model/price.ts';
import { type DescribeRequest, withDescription } from '../model/request-identity.ts';
import { memoOf, type RequestMemo } from '../model/request-memo.ts';
import { requestBody } from './body.ts';
import type { BodyBytes } from './body-bytes.ts';
import { CAPS, type ResponseLimits, resolveCaps } from './caps.ts';
import { finalTool } from './final-tool.ts';
import { type Profile, resolveProfile } from './profile.ts';
import { profileAt } from './profile-at.ts';
import { PROFILES, type ServerProfile } from './profiles.ts';
import {
  checkedHeaders,
  checkedKey,
  type HeaderSource,
  type Headers,
  lastingHeaders,
  requestHeaders,
} from './request-headers.ts';
import { type Outgoing, sendRequest, TIMEOUTS, type Timeouts } from './send-request.ts';
import { DEFAULT_BASE_URL, type Query, type Server, serverAt } from './server.ts';
import { type Fetch, fetchTransport } from './transport/fetch-transport.ts';
import type { Dispatcher, Transport } from './transport/transport.ts';
import { markUnreportedCut } from './unreported-cut.ts';

export interface OpenAIOptions {
  /**
   * A function is asked for each attempt, for keys that expire.
   *
   * @defaultValue the variable that the profile names (`GROQ_API_KEY` for Groq), or `OPENAI_API_KEY`. The latter never
   * goes to another vendor that is known, unless `OPENAI_BASE_URL` says so.
   */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** @defaultValue the variable `OPENAI_BASE_URL`, or `https://api.openai.com/v1` */
  readonly baseURL?: string;
  /**
   * How this server wants to be spoken to: a profile's name, or what is different from the one that the address suggests.
   *
   * @defaultValue by the address; for an unknown one `'compatible'`, the form that most servers take
   */
  readonly profile?: ServerProfile;
  /** Sent along, in place of ours where the names are the same. A function is asked for each attempt. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** Added to the address: `{ 'api-version': '2024-10-21' }`. */
  readonly query?: Query;
  readonly organization?: string;
  readonly project?: string;
  /** Used in place of the platform's transport. */
  readonly fetch?: Fetch;
  /**
   * Sends the requests on Node: an agent, proxy or mock of undici 7 or later. It decides about connections and proxies, so
   * `timeouts.connectMs` and the proxy variables do not apply. Not beside `fetch`.
   *
   * @defaultValue an agent of this package, never undici's global one
   */
  readonly dispatcher?: Dispatcher;
  /**
   * Needed for `limits.cost`: what this model costs, or a table in which it is looked up by its name, such as those of `@pawl/core/prices`. A
   * table without the model is an error.
   */
  readonly price?: Price | PriceTable;
  /** Fields that this server knows beyond the documented ones; they win over a request's own. */
  readonly extraBody?: JsonObject;
  readonly timeouts?: Timeouts;
  readonly responseLimits?: ResponseLimits;
}

/**
 * A model behind any server that speaks Chat Completions.
 *
 * @throws ConfigError for an unknown option, a bad address, or a value that can't be. A missing key is thrown by the first request: a module
 * that makes a model can be imported where there is no key.
 */
export function openai(model: string, given: OpenAIOptions = {}): ChatModel {
  if (typeof model !== 'string' || model.trim() === '')
    throw new ConfigError('openai() needs the name of a model: openai("gpt-5-mini").');
  const options = checkOptions(given, OPENAI, 'openai()');
  const baseURL = options.baseURL ?? readEnvironment('OPENAI_BASE_URL') ?? DEFAULT_BASE_URL;
  const server = serverAt(baseURL, options.query);
  const suggested = profileAt(server);
  const profile = resolveProfile(options.profile, { known: PROFILES, suggested });
  if (baseURL === DEFAULT_BASE_URL && profile.apiKeyVariable !== suggested.apiKeyVariable) {
    throw new ConfigError(
      `profile "${profile.name}" is not OpenAI's, and no baseURL says where its server is. Pass baseURL, or set the variable OPENAI_BASE_URL.`,
    );
  }
  const { extraBody } = options;
  const price = options.price && resolvePrice(options.price, model, 'openai()');
  checkExtraBody(extraBody);
  const timeouts = checkedTimeouts(options.timeouts);
  let headers = headerSource(options, profile);
  /** Looked up again: what loads the environment may have run after this module. */
  const readyHeaders = (): HeaderSource => {
    headers ??= headerSource(options, profile);
    if (headers === undefined) throw keyMissing(server, profile);
    return headers;
  };
  const caps = resolveCaps(options.responseLimits);
  const transport = transportTo(server.url, options);
  const bodyOf = (request: ChatRequest, memo?: RequestMemo): BodyBytes =>
    requestBody(request, { model, profile, extraBody, memo });
  /** The key is among the headers: whoever keeps this hashes it. */
  const describe: DescribeRequest = async ({ stream: _, stream_options: __, ...asked }) => {
    const source = readyHeaders();
    const body = bodyOf(finalTool(asked, profile)?.request ?? asked).text();
    return { url: server.url, profile, headers: await lastingHeaders(source), body };
  };
  return {
    name: model,
    ...(price && { price }),
    send: withDescription(async (asked, surroundings) => {
      const source = readyHeaders();
      const final = finalTool(asked, profile);
      const request = streamable(final?.request ?? asked, profile);
      const context = modelContext(surroundings);
      const needed = { isStreamed: request.stream === true, traceparent: context.traceparent };
      const outgoing: Outgoing = {
        model: request.model ?? model,
        url: server.url,
        address: server.address,
        transport,
        timeouts,
        caps,
        reading: chooseReading(request, profile),
        headers: () => requestHeaders(source, needed),
        body: bodyOf(request, memoOf(context)),
        extraBody,
        review: (finished) => markUnreportedCut(finished, { request: asked, profile, extraBody }),
      };
      const reply = sendRequest(outgoing, final?.context(context) ?? context);
      return final === undefined ? reply : reply.then(final.reply);
    }, describe),
  };
}

function transportTo(url: string, { fetch, dispatcher }: OpenAIOptions): Transport {
  if (dispatcher === undefined) return fetch === undefined ? createTransport(url) : fetchTransport(fetch, url);
  if (fetch !== undefined) {
    throw new ConfigError('openai() got both fetch and dispatcher, and either one sends the requests. Leave one out.');
  }
  if (typeof dispatcher?.dispatch !== 'function') {
    throw new ConfigError(
      'dispatcher has no method dispatch. Pass an agent of undici: openai(model, { dispatcher: new Agent() }).',
    );
  }
  return createTransport(url, dispatcher);
}

/** The same request, unstreamed if it has tools and the server does not stream calls. */
function streamable(request: ChatRequest, { streamsTools }: Profile): ChatRequest {
  if (streamsTools || request.stream !== true || (request.tools ?? []).length === 0) return request;
  const { stream: _, stream_options: __, ...rest } = request;
  return rest;
}

/** If the request allows no calls, nothing in the text of the response is read as one. */
function chooseReading(
  { messages, tools = [], tool_choice: choice }: ChatRequest,
  profile: Profile,
): Outgoing['reading'] {
  const isTextRead = profile.textToolCalls && tools.length > 0 && choice !== 'none';
  return { tools, ...(isTextRead && { textCalls: { isQuoted: createQuoteCheck(messages) } }) };
}

function checkExtraBody(extraBody: JsonObject = {}): void {
  const ours = ['model', 'messages', 'tools', 'stream'].find((name) => name in extraBody);
  if (ours === undefined) return;
  throw new ConfigError(`extraBody has "${ours}", which each request sets itself. Leave it out of extraBody.`);
}

function checkedTimeouts({
  connectMs = 10_000,
  firstByteMs = 300_000,
  idleMs = 60_000,
}: Timeouts = {}): Required<Timeouts> {
  for (const [name, ms] of Object.entries({ connectMs, firstByteMs, idleMs })) {
    if (ms > 0) continue;
    throw new ConfigError(`timeouts.${name} is ${ms}. Give milliseconds above 0, or Infinity for no limit.`);
  }
  return { connectMs, firstByteMs, idleMs };
}

const AGENT_RETRY = 'It is an option of the agent: retry: { maxAttempts }.';
const AGENT_SETTINGS = 'It is an option of the agent: modelSettings.';
const BASE_URL = 'The option is "baseURL".';

/** Texts that may be a key are quoted by nobody: `apiKey` and `headers` are checked where they are read. */
export const OPENAI: OptionTable<OpenAIOptions> = {
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
    responseLimits: CAPS,
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

/** `undefined`: there is no key, and the server needs one. */
function headerSource(options: OpenAIOptions, profile: Profile): HeaderSource | undefined {
  const { organization, project } = options;
  checkedHeaders({ 'openai-organization': organization ?? '', 'openai-project': project ?? '' });
  const headers = typeof options.headers === 'function' ? options.headers : checkedHeaders(options.headers);
  const { keyHeader } = profile;
  const given = options.apiKey ?? keyFromEnvironment(options, profile);
  const apiKey = typeof given === 'function' ? given : checkedKey(given);
  if (profile.needsKey && apiKey === '' && !hasOwnKey(headers)) return undefined;
  return { apiKey, keyHeader, headers, organization, project };
}

function keyMissing({ address }: Server, { apiKeyVariable }: Profile): ConfigError {
  return new ConfigError(
    `No API key for ${address}. Set the variable ${apiKeyVariable}, or pass the option apiKey: openai(model, { apiKey }).`,
  );
}

/** A key of OpenAI is no business of another vendor's, unless whoever set the key has set the address as well. */
function keyFromEnvironment({ baseURL }: OpenAIOptions, { apiKeyVariable, needsKey }: Profile): string | undefined {
  const own = readEnvironment(apiKeyVariable);
  if (own !== undefined || (needsKey && baseURL !== undefined)) return own;
  return readEnvironment('OPENAI_API_KEY');
}

/** A function may give it; whether it does is seen when it is asked. */
function hasOwnKey(headers: OpenAIOptions['headers']): boolean {
  if (headers === undefined || typeof headers === 'function') return headers !== undefined;
  return Object.keys(headers).some((name) => /^(authorization|(x-)?api-key)$/i.test(name));
}
