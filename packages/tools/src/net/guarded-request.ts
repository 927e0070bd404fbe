import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { ToolError } from '@pawl/core';
import { checkAddressLiteral, checkUrl, type UrlRule } from './check-url.ts';
import { ACCEPTED_ENCODINGS, decodeBody } from './decode-body.ts';
import { createGuardedLookup, type LookupHostname } from './lookup-hostname.ts';

export interface NetOptions extends UrlRule {
  readonly resolve: LookupHostname;
  /** The most bytes of an answer, as it comes and as it is when it is decoded. */
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
  /** Where the answer came from in the end. */
  readonly url: URL;
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** There is more than was read. */
  readonly isCut: boolean;
}

export interface RedirectPolicy {
  readonly signal: AbortSignal;
  /** Checks where a redirect leads, and says what is asked there; throws a `ToolError` where nothing is. */
  readonly followRedirect: (next: GuardedRequest) => GuardedRequest | Promise<GuardedRequest>;
}

/**
 * One request, by a connection of its own that goes where it was checked to go; each redirect is checked as if it were the first. Neither
 * cookies nor a proxy of the environment. Rejects with a `ToolError`, and with the signal's reason.
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
        `${request.url.host} redirects more than ${options.maxRedirects} times. Pass the address where it leads to.`,
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

/** RFC 9110, 15.4: 307 and 308 keep the method, the others become a GET, as every client makes of them. */
function createRedirectRequest(
  { url, method, headers, body }: GuardedRequest,
  { response, location, options }: RedirectTarget,
): GuardedRequest {
  if (!URL.canParse(location, url.href)) throw new ToolError(`${url.host} redirects to something that is no address.`);
  const to = checkUrl(new URL(location, url).href, options);
  if (url.protocol === 'https:' && to.protocol === 'http:') {
    throw new ToolError(
      `${url.host} redirects from https: to http:, where anybody could read along. It is not followed.`,
    );
  }
  const keeps = response.status === 307 || response.status === 308 || method === 'GET' || method === 'HEAD';
  const kept = keeps ? headers : omitHeaders(headers, ['content-type', 'content-length']);
  return { url: to, method: keeps ? method : 'GET', headers: kept, body: keeps ? body : undefined };
}

/** Names are compared in lower case. */
function omitHeaders(headers: GuardedRequest['headers'], names: readonly string[]): GuardedRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
}

/** The same of those that stay. */
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
      agent: false, // A connection of its own: nobody else's secrets went over it.
      lookup: createGuardedLookup(options),
      signal: options.signal,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      rejectUnauthorized: true, // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    });
    sent.on('error', reject);
    sent.on('response', resolve);
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(new ToolError(`${url.host} answers in another protocol than HTTP. It is not read.`));
    });
    // Without an answer or an error, nothing else would be told.
    sent.on('close', () => reject(new Error('closed without an answer')));
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
    response.destroy(); // What stands beside a redirect is not read.
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
    // What came before the cap was reached is an answer, where it can be read without the rest.
    if (isCut && headers['content-encoding'] === undefined) return { ...head, body: Buffer.alloc(0), isCut };
    if (isCut)
      throw new ToolError(
        `The answer of ${request.url.host} is larger than ${options.maxBytes} bytes. It is not read.`,
      );
    throw error;
  } finally {
    response.destroy();
  }
}

/** Stops at the cap, and takes what is there. */
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
    // The cap on the wire destroys the stream: what came is kept. So is what a cut encoding gave before.
    if (length >= maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
    throw error;
  }
  return { bytes: Buffer.concat(chunks), isCut: false };
}

/** What went wrong on the way, without what the system says of addresses. */
function createUnreachableError({ host }: URL, error: unknown): ToolError {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ToolError(`${host} is not known: its name has no address. Check how it is spelled.`);
    case 'ECONNREFUSED':
      return new ToolError(`${host} refused the connection.`);
    case 'HPE_HEADER_OVERFLOW':
      return new ToolError(`${host} sent more than ${MAX_HEADER_BYTES} bytes of headers. The answer is not read.`);
    default:
      return new ToolError(
        `${host} could not be asked, or its answer could not be read (${code}). Try again later, or another address.`,
      );
  }
}
