import { ConfigError, ModelError, type NetworkError, PawlError, ProtocolError } from '@pawl/core';
import {
  createNetworkError,
  type HttpErrorResponse,
  isRecord,
  readHttpError,
  readReportedError,
} from '@pawl/core/model';

export interface ErrorScope {
  /** The name of the model. */
  readonly model: string;
  readonly provider: string;
  now(): number;
  /** `request`: no response arrived. `response`: it has begun. */
  readonly phase: NetworkError['phase'];
}

/** A prompt that a filter of the server refused. That is a response, which is not retried. */
export class FilteredPrompt extends Error {}

/**
 * Translates what a provider throws. The errors of the AI SDK are known by their markers: an application may have several copies of its
 * packages. They are not the `cause`: they hold the whole request.
 */
export function translateError(error: unknown, scope: ErrorScope): unknown {
  if (PawlError.isInstance(error)) return error;
  const details: Thrown = isRecord(error) ? error : {};
  const status = readStatus(details);
  const network = findNetworkCause(error);
  if (network !== undefined && (status === undefined || status < 300))
    return translateNetworkError(network, details, scope);
  if (status !== undefined && (status < 200 || status >= 300)) return translateHttpError(details, status, scope);
  const name = typeof details['name'] === 'string' ? details['name'] : '';
  // Providers throw a plain Error for a response that ends in the middle of a frame.
  const isUnreadable = scope.phase === 'response' && name === 'Error';
  if (status !== undefined || isUnreadable || GARBAGE.has(name)) return createGarbageError(details, scope);
  if (SETTINGS.has(name)) return new ConfigError(`${describe(scope)}: ${readMessage(details)}`);
  if (hasMarker(details, 'AI_APICallError')) return translateNetworkError(details['cause'] ?? error, details, scope);
  if (name.startsWith('AI_')) {
    const message = `${describe(scope)}: ${readMessage(details)} A retry does not help. Change the request, or use another model.`;
    return new ModelError(message, { code: 'model.unsupported', retryable: false });
  }
  if (error instanceof Error) {
    const message = `${describe(scope)} failed: ${error.name}: ${redact(error.message)}`;
    return new ModelError(message, { code: 'model.failed', retryable: false, cause: error });
  }
  return readReportedError(error, { redact, now: scope.now() });
}

type Thrown = Readonly<Record<string, unknown>>;

/** The server's response could not be read. */
const GARBAGE: ReadonlySet<string> = new Set([
  'AI_JSONParseError',
  'AI_TypeValidationError',
  'AI_InvalidResponseDataError',
  'AI_EmptyResponseBodyError',
  'AI_NoContentGeneratedError',
]);

/** The application lacks a setting, such as the key. */
const SETTINGS: ReadonlySet<string> = new Set(['AI_LoadAPIKeyError', 'AI_LoadSettingError']);

function hasMarker(error: Thrown, name: string): boolean {
  return Reflect.get(error, Symbol.for(`vercel.ai.error.${name}`)) === true;
}

function describe({ model, provider }: ErrorScope): string {
  return `Model "${model}" of ${provider}`;
}

/** Errors of the AI SDK's gateway have a status too, and a marker of their own. */
function readStatus({ statusCode }: Thrown): number | undefined {
  return typeof statusCode === 'number' && statusCode >= 100 ? statusCode : undefined;
}

function translateHttpError(error: Thrown, status: number, scope: ErrorScope): Error {
  const headers = isRecord(error['responseHeaders']) ? error['responseHeaders'] : {};
  const body = typeof error['responseBody'] === 'string' ? error['responseBody'] : '';
  const response: HttpErrorResponse = {
    status,
    getHeader: (name) => (typeof headers[name] === 'string' ? headers[name] : undefined),
    body: body.trim() === '' ? JSON.stringify({ error: { message: readMessage(error) } }) : body,
  };
  const address = readAddress(error, scope);
  const read = readHttpError(response, { model: scope.model, address, now: scope.now(), redact, advice: ADVICE });
  return read.type === 'error' ? read.error : new FilteredPrompt(read.statement);
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'Check the key of the provider: its option apiKey, or its variable.',
  404: "Check the model's id, and the option baseURL of the provider.",
};

function translateNetworkError(cause: unknown, error: Thrown, scope: ErrorScope): NetworkError {
  const failure = { phase: scope.phase, staleSocket: false, cause };
  return createNetworkError(failure, { address: readAddress(error, scope), redact });
}

function createGarbageError(error: Thrown, scope: ErrorScope): ProtocolError {
  const received = [error['responseBody'], error['text']].find((text) => typeof text === 'string');
  const message = `${describe(scope)} could not read the server's response: ${readMessage(error)} Trying again may help.`;
  return new ProtocolError(message, {
    code: 'response.garbage',
    ...(received !== undefined && { received: redact(String(received)) }),
  });
}

/** Finds the network error among the causes: it has a code of the system, or one of the fixed texts of `fetch`. */
function findNetworkCause(thrown: unknown): unknown {
  let layer: unknown = thrown;
  for (let depth = 0; isRecord(layer) && depth < 8; depth++) {
    const { code, name, message, cause, errors } = layer;
    if (typeof code === 'string' && NETWORK_CODE.test(code)) return layer;
    if (name === 'TypeError' && NETWORK_TEXTS.has(String(message).toLowerCase())) return cause ?? layer;
    if (name === 'TimeoutError' || name === 'AbortError') return { code: 'ETIMEDOUT', message };
    layer = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}

const NETWORK_CODE =
  /^(E[A-Z]{3,}|UND_ERR_\w+|ERR_(SSL|TLS|SOCKET|STREAM|HTTP2)\w*|CERT_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|Connection(Refused|Closed|Reset)|FailedToOpenSocket)$/;

/** The texts of Node, Bun, Deno and browsers. Not all of them give a code to a body that breaks off. */
const NETWORK_TEXTS: ReadonlySet<string> = new Set([
  'fetch failed',
  'failed to fetch',
  'terminated',
  'load failed',
  'network error',
  'error reading a body from connection',
]);

function readAddress({ url }: Thrown, { provider }: ErrorScope): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed === null) return provider;
  return `${parsed.hostname}:${parsed.port === '' ? (parsed.protocol === 'http:' ? 80 : 443) : parsed.port}`;
}

function readMessage({ message }: Thrown): string {
  const text = typeof message === 'string' && message !== '' ? redact(message) : 'no message';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Servers quote keys in their errors. The provider does not show its key, so known forms of keys are removed. */
function redact(text: string): string {
  return text.replace(KEYS, '[redacted]');
}

const KEYS = /\b(sk-|xai-|gsk_|AIza|AKIA|ASIA|ABSK)[\w-]{8,}|\bBearer\s+[\w.~+/=-]{8,}/g;
