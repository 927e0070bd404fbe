import { CliError, type CliErrorOptions, createUsageError } from '../errors.ts';
import type { ExitReason } from '../exit-code.ts';
import { readLines } from './read-lines.ts';

/** A server of `@pawl/serve`. */
export interface ServerAddress {
  /** Without a slash at its end. */
  readonly url: string;
  /** The name of the agent, if the address has one. */
  readonly agent: string | undefined;
  readonly token: string | undefined;
}

export function isServerUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/**
 * Reads the address of a server: `http://127.0.0.1:7295#support`.
 *
 * @throws CliError for an address with a password, and if a token would leave the machine without https
 */
export function readServerAddress(text: string, { env, tokenEnv }: TokenSource): ServerAddress {
  if (!URL.canParse(text)) throw createUsageError(`${JSON.stringify(text)} is not a URL.`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw createUsageError(
      'The URL has a password, which others on this machine can read. Put the token into PAWL_TOKEN.',
    );
  }
  const token = readToken({ env, tokenEnv });
  if (token !== undefined && url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw createUsageError(`A token is sent to https or to this machine only, and not to ${url.origin}.`);
  }
  const agent = url.hash === '' ? undefined : decodeURIComponent(url.hash.slice(1));
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), agent, token };
}

interface TokenSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The name of the variable. @defaultValue PAWL_TOKEN */
  readonly tokenEnv: string | undefined;
}

function readToken({ env, tokenEnv }: TokenSource): string | undefined {
  const token = env[tokenEnv ?? 'PAWL_TOKEN'];
  if (token !== undefined && token !== '') return token;
  if (tokenEnv === undefined) return undefined;
  throw createUsageError(`The variable ${tokenEnv} is empty, which --token-env names.`);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
}

export interface ServerRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends requests to a server. All methods throw CliError. */
export class ServerClient {
  readonly #address: ServerAddress;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  get url(): string {
    return this.#address.url;
  }

  /** Resolves the JSON of the answer; `undefined` without one. */
  async send(path: string, request: ServerRequest = {}): Promise<unknown> {
    const response = await this.#fetch(path, request);
    const text = await response.text().catch(() => '');
    const body = parse(text);
    if (!response.ok) throw createServerError(response.status, body, this.#address);
    return body;
  }

  /** Yields the lines of JSON of a stream. Ends without an error where the connection is cut. */
  async *stream(path: string, request: ServerRequest): AsyncGenerator<unknown, void> {
    const response = await this.#fetch(path, {
      ...request,
      headers: { accept: 'application/x-ndjson', ...request.headers },
    });
    if (!response.ok || response.body === null) {
      throw createServerError(response.status, parse(await response.text().catch(() => '')), this.#address);
    }
    for await (const line of readLines(response.body)) if (line !== '') yield parse(line);
  }

  async #fetch(path: string, { method = 'GET', body, headers = {}, signal }: ServerRequest): Promise<Response> {
    const { url, token } = this.#address;
    try {
      return await fetch(`${url}${path}`, {
        method,
        redirect: 'error',
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new CliError(`${url} does not answer: ${describeCause(error)}. Start it with: pawl serve AGENT`, {
        reason: 'host',
        code: 'server.unreachable',
        cause: error,
      });
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

function createServerError(status: number, body: unknown, { url, token }: ServerAddress): CliError {
  const { message, code } = readServerError(body);
  const given = message ?? `${url} answered with status ${status}.`;
  if (status === 401) {
    const fix = token === undefined ? 'Put the token of the server into PAWL_TOKEN.' : 'Check PAWL_TOKEN.';
    return new CliError(`${given} ${fix}`, { reason: 'config', code: code ?? 'server.unauthorized' });
  }
  return new CliError(given, createOptions(status, code));
}

function createOptions(status: number, code: string | undefined): CliErrorOptions {
  return { reason: chooseServerReason(status, code), code: code ?? `server.status_${status}` };
}

/** The same exit codes as for a runs file. */
function chooseServerReason(status: number, code = ''): ExitReason {
  if (code === 'run.unknown' || code === 'conversation.unknown' || code === 'model_not_found') return 'usage';
  if (code.startsWith('approval.')) return 'failed';
  if (/^(run|host|step|conversation)\./.test(code) || status >= 500 || status === 429) return 'host';
  return status === 400 ? 'usage' : 'failed';
}

function readServerError(body: unknown): { readonly message?: string; readonly code?: string } {
  const error = isObject(body) ? body['error'] : undefined;
  if (!isObject(error)) return {};
  const { message, code } = error;
  return {
    ...(typeof message === 'string' && { message: message.slice(0, MAX_MESSAGE) }),
    ...(typeof code === 'string' && { code }),
  };
}

const MAX_MESSAGE = 2_000;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
