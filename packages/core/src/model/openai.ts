import { createTransport } from '#transport';
import { started } from '../base/abort.ts';
import { ConfigError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { findQuotes } from '../chat/quoted-text.ts';
import type { ChatRequest } from '../chat/request.ts';
import { requestBody } from './body.ts';
import { type Caps, resolveCaps } from './caps.ts';
import type { ChatModel, Price } from './chat-model.ts';
import { environmentVariable } from './environment.ts';
import { finalTool } from './final-tool.ts';
import { modelContext } from './model-context.ts';
import { type Profile, resolveProfile } from './profile.ts';
import { profileAt } from './profile-at.ts';
import { PROFILES, type ServerProfile } from './profiles.ts';
import { checkedHeaders, checkedKey, type HeaderSource, type Headers, requestHeaders } from './request-headers.ts';
import { type Outgoing, sendRequest, type Timeouts } from './send-request.ts';
import { DEFAULT_BASE_URL, type Query, type Server, serverAt } from './server.ts';
import type { Dispatcher, Transport } from './transport.ts';
import { type Fetch, fetchTransport } from './transport-fetch.ts';
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
  /** Needed for `limits.cost`. */
  readonly price?: Price;
  /** Fields that this server knows beyond the documented ones; they win over a request's own. */
  readonly extraBody?: JsonObject;
  readonly timeouts?: Timeouts;
  readonly caps?: Caps;
}

/**
 * A model behind any server that speaks Chat Completions.
 *
 * @throws ConfigError for a missing key, a bad address, or an option that can't be.
 */
export function openai(model: string, options: OpenAIOptions = {}): ChatModel {
  if (typeof model !== 'string' || model.trim() === '')
    throw new ConfigError('openai() needs the name of a model: openai("gpt-5-mini").');
  const baseURL = options.baseURL ?? environmentVariable('OPENAI_BASE_URL') ?? DEFAULT_BASE_URL;
  const server = serverAt(baseURL, options.query);
  const suggested = profileAt(server);
  const profile = resolveProfile(options.profile, { known: PROFILES, suggested });
  if (baseURL === DEFAULT_BASE_URL && profile.keyVariable !== suggested.keyVariable) {
    throw new ConfigError(
      `profile "${profile.name}" is not OpenAI's, and no baseURL says where its server is. Pass baseURL, or set the variable OPENAI_BASE_URL.`,
    );
  }
  const { price, extraBody } = options;
  checkExtraBody(extraBody);
  const timeouts = checkedTimeouts(options.timeouts);
  const headers = headerSource(options, { server, profile });
  const caps = resolveCaps(options.caps);
  const transport = transportTo(server.url, options);
  return {
    name: model,
    ...(price && { price }),
    send: (given, surroundings) =>
      started(() => {
        const final = finalTool(given, profile);
        const request = streamable(final?.request ?? given, profile);
        const context = modelContext(surroundings);
        const asked = { isStreamed: request.stream === true, traceparent: context.traceparent };
        const reply = sendRequest(
          {
            model: request.model ?? model,
            url: server.url,
            address: server.address,
            transport,
            timeouts,
            caps,
            reading: chooseReading(request, profile),
            headers: () => requestHeaders(headers, asked),
            body: requestBody(request, { model, profile, extraBody, memo: context.memo }),
            extraBody,
            review: (finished) => markUnreportedCut(finished, { request: given, profile, extraBody }),
          },
          final?.context(context) ?? context,
        );
        return final === undefined ? reply : reply.then(final.reply);
      }),
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

/** A model that may not call anything is not asked to, so what its text looks like is text. */
function chooseReading(
  { messages, tools = [], tool_choice: choice }: ChatRequest,
  profile: Profile,
): Outgoing['reading'] {
  const isTextRead = profile.textToolCalls && tools.length > 0 && choice !== 'none';
  return { tools, ...(isTextRead && { textCalls: { isQuoted: findQuotes(messages) } }) };
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

interface Destination {
  readonly server: Server;
  readonly profile: Profile;
}

function headerSource(options: OpenAIOptions, { server, profile }: Destination): HeaderSource {
  const { organization, project } = options;
  checkedHeaders({ 'openai-organization': organization ?? '', 'openai-project': project ?? '' });
  const headers = typeof options.headers === 'function' ? options.headers : checkedHeaders(options.headers);
  const { keyHeader, keyVariable } = profile;
  const given = options.apiKey ?? keyFromEnvironment(options, profile);
  const apiKey = typeof given === 'function' ? given : checkedKey(given);
  if (profile.needsKey && apiKey === '' && !hasOwnKey(headers)) {
    throw new ConfigError(
      `No API key for ${server.address}. Set the variable ${keyVariable}, or pass the option apiKey: openai(model, { apiKey }).`,
    );
  }
  return { apiKey, keyHeader, headers, organization, project };
}

/** A key of OpenAI is no business of another vendor's, unless whoever set the key has set the address as well. */
function keyFromEnvironment({ baseURL }: OpenAIOptions, { keyVariable, needsKey }: Profile): string | undefined {
  const own = environmentVariable(keyVariable);
  if (own !== undefined || (needsKey && baseURL !== undefined)) return own;
  return environmentVariable('OPENAI_API_KEY');
}

/** A function may give it; whether it does is seen when it is asked. */
function hasOwnKey(headers: OpenAIOptions['headers']): boolean {
  if (headers === undefined || typeof headers === 'function') return headers !== undefined;
  return Object.keys(headers).some((name) => /^(authorization|(x-)?api-key)$/i.test(name));
}
