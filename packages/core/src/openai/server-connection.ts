import { createTransport } from '#transport';
import { ConfigError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { readEnvironment } from '../base/read-environment.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { FinishedResponse, PieceReader } from '../chat/response-reader.ts';
import type { ModelContext, ModelServer, Price } from '../model/chat-model.ts';
import { resolvePrice } from '../model/price.ts';
import type { BodyBytes } from './body-bytes.ts';
import { findProfile } from './find-profile.ts';
import type { OpenAIOptions } from './openai-options.ts';
import { type Profile, resolveProfile } from './profile.ts';
import { PROFILES } from './profiles.ts';
import {
  buildIdentityHeaders,
  buildKnownHeaders,
  buildRequestHeaders,
  buildTraceHeaders,
  checkHeaders,
  checkKey,
  type HeaderSource,
} from './request-headers.ts';
import { type ResponseLimits, resolveResponseLimits } from './response-limits.ts';
import { sendRequest, type Timeouts } from './send-request.ts';
import { type ApiPath, DEFAULT_BASE_URL, resolveServer, type Server } from './server.ts';
import { fetchTransport } from './transport/fetch-transport.ts';
import type { Transport } from './transport/transport.ts';

/** An API of a server: where it is, and who asks for it. */
export interface ServerApi {
  readonly path: ApiPath;
  /** The function that makes the model, as errors name it: `openai()`. */
  readonly caller: string;
  /** The fields of a body that each request sets itself. */
  readonly reservedFields: readonly string[];
}

/** A request of an API, ready to be sent. */
export interface ApiRequest {
  /** The name of the model, for errors. */
  readonly model: string;
  readonly isStreamed: boolean;
  readonly body: BodyBytes;
  readonly reader: PieceReader;
  /** Corrects what only the request and the response together show. */
  readonly review?: (finished: FinishedResponse) => FinishedResponse;
}

/** What a model needs of its server, whichever API it asks: the address, keys and headers, the transport, timeouts and limits. */
export class ServerConnection {
  readonly profile: Profile;
  readonly extraBody: JsonObject | undefined;
  readonly price: Price | undefined;
  readonly responseLimits: Required<ResponseLimits>;
  readonly #options: OpenAIOptions;
  readonly #server: Server;
  readonly #timeouts: Required<Timeouts>;
  readonly #transport: Transport;
  #headerSource: HeaderSource | undefined;

  /** @throws ConfigError for an invalid URL or value. */
  constructor(model: string, options: OpenAIOptions, { path, caller, reservedFields }: ServerApi) {
    if (typeof model !== 'string' || model.trim() === '')
      throw new ConfigError(`${caller} needs the name of a model: ${caller.slice(0, -1)}"gpt-5-mini").`);
    const baseURL = options.baseURL ?? readEnvironment('OPENAI_BASE_URL') ?? DEFAULT_BASE_URL;
    const server = resolveServer(baseURL, options.query, path);
    const suggested = findProfile(server);
    const profile = resolveProfile(options.profile, { known: PROFILES, suggested });
    if (baseURL === DEFAULT_BASE_URL && profile.apiKeyVariable !== suggested.apiKeyVariable) {
      throw new ConfigError(
        `profile "${profile.name}" is for another server than OpenAI's, and there is no baseURL. Pass baseURL, or set the variable OPENAI_BASE_URL.`,
      );
    }
    checkExtraBody(options.extraBody, reservedFields);
    this.#options = options;
    this.#server = server;
    this.profile = profile;
    this.extraBody = options.extraBody;
    this.price = options.price && resolvePrice(options.price, model, caller);
    this.#timeouts = resolveTimeouts(options.timeouts);
    this.#headerSource = createHeaderSource(options, profile);
    this.responseLimits = resolveResponseLimits(options.responseLimits);
    this.#transport = selectTransport(server.url, options, caller);
  }

  get server(): ModelServer {
    const { hostname, port } = this.#server;
    return { provider: this.profile.name, address: hostname, port };
  }

  /** Makes one attempt. @throws ConfigError if there is no key */
  send({ review = keep, isStreamed, ...request }: ApiRequest, context: ModelContext): Promise<ChatResponse> {
    const source = this.#getHeaderSource();
    const { url, address } = this.#server;
    return sendRequest(
      {
        ...request,
        url,
        address,
        transport: this.#transport,
        timeouts: this.#timeouts,
        responseLimits: this.responseLimits,
        getHeaders: () => buildRequestHeaders(source, { isStreamed }),
        traceHeaders: buildTraceHeaders(context),
        buildKnownHeaders: () => buildKnownHeaders(source, { isStreamed }),
        extraBody: this.extraBody,
        review,
      },
      context,
    );
  }

  /** Describes what may change the response to this body. Contains the API key, among the headers: hash it before storing it. */
  async describe(body: BodyBytes): Promise<unknown> {
    const source = this.#getHeaderSource();
    const headers = await buildIdentityHeaders(source);
    return { url: this.#server.url, profile: this.profile, headers, body: body.toText() };
  }

  /** Reads the environment again: a module that loads it may have run after this one. */
  #getHeaderSource(): HeaderSource {
    this.#headerSource ??= createHeaderSource(this.#options, this.profile);
    if (this.#headerSource === undefined) throw createMissingKeyError(this.#server, this.profile);
    return this.#headerSource;
  }
}

function keep(finished: FinishedResponse): FinishedResponse {
  return finished;
}

function selectTransport(url: string, { fetch, dispatcher }: OpenAIOptions, caller: string): Transport {
  if (dispatcher === undefined) return fetch === undefined ? createTransport(url) : fetchTransport(fetch, url);
  if (fetch !== undefined) {
    throw new ConfigError(`${caller} has both fetch and dispatcher, but only one can send the requests. Remove one.`);
  }
  if (typeof dispatcher?.dispatch !== 'function') {
    throw new ConfigError(
      'dispatcher has no method dispatch. Pass an agent of undici: openai(model, { dispatcher: new Agent() }).',
    );
  }
  return createTransport(url, dispatcher);
}

function checkExtraBody(extraBody: JsonObject = {}, reservedFields: readonly string[]): void {
  const reserved = reservedFields.find((name) => name in extraBody);
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
