import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { ToolError } from '@pawl/core';
import { checkAddressLiteral, checkUrl, type UrlRule } from './check-url.ts';
import { ACCEPTED_ENCODINGS, decodeBody } from './decode-body.ts';
import { createGuardedLookup, type LookupHostname } from './lookup-hostname.ts';

export interface NetOptions extends UrlRule {
  readonly resolve: LookupHostname;
  /** Maximum bytes of a response, before and after decoding. */
  readonly maxBytes: number;
  readonly maxRedirects: number;
}

export interface GuardedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface GuardedResponse {
  /** The address after redirects. */
  readonly url: URL;
  readonly status: number;
  readonly statusText: string;
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether the body was longer than `maxBytes`. */
  readonly isCut: boolean;
}

export interface RedirectPolicy {
  readonly signal: AbortSignal;
  /** Returns the request to send for a redirect. Throws a `ToolError` to stop. */
  readonly followRedirect: (next: GuardedRequest) => GuardedRequest | Promise<GuardedRequest>;
}

/**
 * Sends a request over a connection of its own, to an address that was checked. Each redirect is checked as if it were the first request.
 * Uses neither cookies nor the environment's proxy. Rejects with a `ToolError`, or with the signal's reason.
 */
export async function sendGuardedRequest(
  request: GuardedRequest,
  { signal, followRedirect: follow, ...options }: NetOptions & RedirectPolicy,
): Promise<GuardedResponse> {
  let next = request;
  for (let redirects = 0; ; redirects++) {
    signal.throwIfAborted();
    const response = await sendOnce(next, { ...options, signal });
    const location = response.headers['location'];
    if (!REDIRECTS.has(response.status) || location === undefined) return response;
    if (redirects >= options.maxRedirects) {
      throw new ToolError(
        `${request.url.host} redirects more than ${options.maxRedirects} times. Pass the final address.`,
      );
    }
    next = await follow(createRedirectRequest(next, { response, location, options }));
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

interface RedirectTarget {
  readonly response: GuardedResponse;
  readonly location: string;
  readonly options: UrlRule;
}

/** 307 and 308 keep the method; other redirects become a GET (RFC 9110, 15.4). */
function createRedirectRequest(
  { url, method, headers, body }: GuardedRequest,
  { response, location, options }: RedirectTarget,
): GuardedRequest {
  if (!URL.canParse(location, url.href))
    throw new ToolError(`${url.host} redirects to an invalid address. Try another address.`);
  const to = checkUrl(new URL(location, url).href, options);
  if (url.protocol === 'https:' && to.protocol === 'http:') {
    throw new ToolError(
      `${url.host} redirects from https: to http:, so the redirect was not followed. Try another address.`,
    );
  }
  const keepsMethod = response.status === 307 || response.status === 308 || method === 'GET' || method === 'HEAD';
  const kept = keepsMethod ? headers : omitHeaders(headers, ['content-type', 'content-length']);
  return { url: to, method: keepsMethod ? method : 'GET', headers: kept, body: keepsMethod ? body : undefined };
}

/** Removes headers. Names are compared in lower case. */
function omitHeaders(headers: GuardedRequest['headers'], names: readonly string[]): GuardedRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
}

/** Keeps only the named headers. Names are compared in lower case. */
export function pickHeaders(headers: GuardedRequest['headers'], names: readonly string[]): GuardedRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name.toLowerCase())));
}

interface RequestOptions extends NetOptions {
  readonly signal: AbortSignal;
}

const MAX_HEADER_BYTES = 16_384;

async function sendOnce(request: GuardedRequest, options: RequestOptions): Promise<GuardedResponse> {
  const { signal } = options;
  checkAddressLiteral(request.url, options.addresses);
  try {
    const response = await openResponse(request, options);
    return await readResponse(response, { request, options });
  } catch (error) {
    signal.throwIfAborted();
    throw ToolError.isInstance(error) ? error : createUnreachableError(request.url, error);
  }
}

function openResponse(
  { url, method, headers, body }: GuardedRequest,
  options: RequestOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(url, {
      method,
      headers: { accept: '*/*', 'accept-encoding': ACCEPTED_ENCODINGS, ...headers, connection: 'close' },
      agent: false, // A new connection: no other request's secrets were sent over it.
      lookup: createGuardedLookup(options),
      signal: options.signal,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      rejectUnauthorized: true, // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
    });
    sent.on('error', reject);
    sent.on('response', resolve);
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(new ToolError(`${url.host} switched to a protocol other than HTTP. Try another address.`));
    });
    // If the socket closes without a response or an error, no other event comes.
    sent.on('close', () => reject(new Error('closed without a response')));
    sent.end(body);
  });
}

interface ResponseScope {
  readonly request: GuardedRequest;
  readonly options: RequestOptions;
}

async function readResponse(response: IncomingMessage, { request, options }: ResponseScope): Promise<GuardedResponse> {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  const head = {
    url: request.url,
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers,
  };
  if (REDIRECTS.has(head.status) && headers['location'] !== undefined) {
    response.destroy(); // A redirect's body is not read.
    return { ...head, body: Buffer.alloc(0), isCut: false };
  }
  let wireBytes = 0;
  let isCut = false;
  response.on('data', (chunk: Buffer) => {
    wireBytes += chunk.length;
    if (wireBytes <= options.maxBytes) return;
    isCut = true;
    response.destroy();
  });
  try {
    const hasBody = request.method !== 'HEAD' && head.status !== 204 && head.status !== 304;
    const body = await collectBody(
      hasBody ? decodeBody(response, headers['content-encoding'] ?? '') : response,
      options.maxBytes,
    );
    return { ...head, body: body.bytes, isCut: isCut || body.isCut };
  } catch (error) {
    // An unencoded body is usable up to the limit. A cut encoding cannot be decoded.
    if (isCut && headers['content-encoding'] === undefined) return { ...head, body: Buffer.alloc(0), isCut };
    if (isCut)
      throw new ToolError(
        `The response of ${request.url.host} is larger than ${options.maxBytes} bytes, so it was not read. Request less.`,
      );
    throw error;
  } finally {
    response.destroy();
  }
}

/** Collects a stream up to a limit. */
async function collectBody(
  stream: Readable,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
    }
  } catch (error) {
    // The limit on the wire destroys the stream. The bytes that were decoded before that are valid.
    if (length >= maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
    throw error;
  }
  return { bytes: Buffer.concat(chunks), isCut: false };
}

/** Describes a network error, without the system's message: that contains addresses. */
function createUnreachableError({ host }: URL, error: unknown): ToolError {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ToolError(`${host} is unknown: its name has no address. Check the spelling.`);
    case 'ECONNREFUSED':
      return new ToolError(`${host} refused the connection. Try again later, or another address.`);
    case 'HPE_HEADER_OVERFLOW':
      return new ToolError(
        `${host} sent more than ${MAX_HEADER_BYTES} bytes of headers, so the response was not read. Try another address.`,
      );
    default:
      return new ToolError(
        `${host} could not be reached, or its response could not be read (${code}). Try again later, or another address.`,
      );
  }
}
