import { shorten, sliceWhole } from '../base/text.ts';
import { classifyError, type ErrorKind } from '../chat/classify-error.ts';
import { MalformedResponseError } from '../chat/errors.ts';
import { findMalformedText } from '../chat/malformed-response.ts';
import { isLoadingError } from '../chat/model-loading.ts';
import { MALFORMED, SHORTEN } from '../chat/read-error.ts';
import { isRefusedRequest } from '../chat/refused-request.ts';
import { readRetryWait } from '../chat/retry-wait.ts';
import { readServerError, type ServerError } from '../chat/server-error.ts';
import { ContextLengthError, HttpError, type HttpErrorDetails } from '../model/errors.ts';
import { readLimitResetMs, readRetryAfterMs, toWaitMs } from './retry-after.ts';
import type { Redact } from './secrets.ts';
import { readServerMessage, type ServerMessage } from './server-message.ts';

export interface HttpErrorResponse {
  readonly status: number;
  getHeader(name: string): string | undefined;
  readonly body: string;
}

export interface HttpErrorContext {
  readonly model: string;
  /** `host:port`. */
  readonly address: string;
  readonly now: number;
  readonly redact: Redact;
  /** What to do about a status, where the options of `openai()` do not apply. @defaultValue advice about those options */
  readonly advice?: Readonly<Record<number, string>>;
}

/** The meaning of a response with a status other than 2xx: an error, or a statement that a filter blocked the prompt. */
export type HttpErrorResult =
  | { readonly type: 'error'; readonly error: HttpError | ContextLengthError | MalformedResponseError }
  | { readonly type: 'filtered'; readonly statement: string };

/** Reads a response with a status other than 2xx. The error quotes the server and says what to do. */
export function readHttpError(response: HttpErrorResponse, context: HttpErrorContext): HttpErrorResult {
  const { status } = response;
  const getHeader = (name: string): string | undefined => redactHeader(response.getHeader(name), context);
  // Redacted before it is cut: half a key would not be recognized.
  const body = context.redact(response.body);
  const message = readServerMessage(body);
  const serverError = readErrorBody(body, message);
  const statement = `${context.address} responded with ${status}${quoteMessage(message)}.`;
  const kind = classifyError(serverError);
  if (kind === 'filtered') return { type: 'filtered', statement };
  const details = {
    ...collectDetails({ ...response, getHeader }, message),
    body: body === '' ? undefined : sliceWhole(body, 0, MAX_BODY_LENGTH),
  };
  return { type: 'error', error: createError(response, { message, serverError, kind, statement, details, context }) };
}

const MAX_BODY_LENGTH = 4096;

/** If the body is not JSON, as an HTML page of a proxy, classifies its text without markup. */
function readErrorBody(body: string, { message }: ServerMessage): ServerError {
  const serverError = readServerError(body);
  return serverError.layers.length > 0 ? serverError : { ...serverError, text: message };
}

type ErrorDetails = Omit<HttpErrorDetails, 'retryAfterMs'>;

function collectDetails({ status, getHeader }: HttpErrorResponse, message: ServerMessage): ErrorDetails {
  return {
    status,
    serverCode: message.code ?? message.type,
    param: message.param,
    requestId: REQUEST_ID_HEADERS.map((name) => getHeader(name)).find((id) => id !== undefined) ?? message.requestId,
  };
}

interface ParsedError {
  readonly message: ServerMessage;
  readonly serverError: ServerError;
  readonly kind: ErrorKind | undefined;
  readonly statement: string;
  readonly details: ErrorDetails;
  readonly context: HttpErrorContext;
}

function createError(
  response: HttpErrorResponse,
  parsed: ParsedError,
): HttpError | ContextLengthError | MalformedResponseError {
  const { message, serverError, kind, statement, details, context } = parsed;
  if (kind === 'malformed') return createMalformedResponseError(parsed);
  if (kind === 'context_length' && TOO_LONG_STATUSES.has(response.status)) {
    return new ContextLengthError(`${statement} ${SHORTEN}`, details);
  }
  const retryable = canRetry(response, message, serverError);
  const retryAfterMs =
    readRetryAfterMs(response.getHeader, context) ??
    (retryable ? findWaitMs(response, serverError, context) : undefined);
  const options: HttpErrorDetails = { ...details, retryAfterMs };
  const advice = retryable ? describeWait(options, context) : chooseAdvice(response, message, context);
  const isModelLoading = retryable && LOADING_STATUSES.has(response.status) && isLoadingError(serverError);
  return new HttpError(`${statement} ${advice}`, { ...options, retryable, ...(isModelLoading && { isModelLoading }) });
}

/** Retryable with any status: the model made the mistake. */
function createMalformedResponseError({ serverError, statement, details }: ParsedError): MalformedResponseError {
  const { status, serverCode, requestId, body } = details;
  const failedGeneration = findMalformedText(serverError);
  const received = body === undefined ? {} : { received: body };
  const options = { failedGeneration, status, serverCode, requestId, ...received };
  return new MalformedResponseError(`${statement} ${MALFORMED}`, options);
}

/** Finds the wait in the body, or in the rate limit headers. */
function findWaitMs(
  { status, getHeader }: HttpErrorResponse,
  serverError: ServerError,
  context: HttpErrorContext,
): number | undefined {
  if (!WAIT_STATUSES.has(status)) return undefined;
  const wait = toWaitMs(readRetryWait(serverError), context);
  return wait ?? (status === 429 ? readLimitResetMs(getHeader, context) : undefined);
}

function redactHeader(value: string | undefined, { redact }: HttpErrorContext): string | undefined {
  return value === undefined ? undefined : redact(value);
}

const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'apim-request-id', 'x-ms-request-id', 'cf-ray'];

/** Gateways report a refusal of the server behind them with a status of their own. */
const TOO_LONG_STATUSES: ReadonlySet<number> = new Set([400, 413, 422, 424, 500, 502]);
const WAIT_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);
const LOADING_STATUSES: ReadonlySet<number> = new Set([425, 429, 503]);

function quoteMessage({ message, code, type }: ServerMessage): string {
  const name = code ?? type;
  if (message === '') return name === undefined ? ' without a reason' : ` (${name})`;
  return `: "${shorten(message, 500)}"${name === undefined ? '' : ` (${name})`}`;
}

function canRetry({ status, getHeader }: HttpErrorResponse, message: ServerMessage, serverError: ServerError): boolean {
  const shouldRetry = getHeader('x-should-retry')?.trim().toLowerCase();
  if (shouldRetry === 'true' || shouldRetry === 'false') return shouldRetry === 'true';
  if (isOutOfCredit(message)) return false;
  return status >= 500 ? !isRefusedRequest(serverError) : RETRIED_STATUSES.has(status);
}

const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);

function isOutOfCredit({ code, type }: ServerMessage): boolean {
  return [code, type].some((name) => name !== undefined && OUT_OF_CREDIT.has(name));
}

const OUT_OF_CREDIT: ReadonlySet<string> = new Set([
  'insufficient_quota', // OpenAI
  'billing_hard_limit_reached',
  'billing_not_active',
  'exceeded_current_quota_error', // Moonshot
]);

function describeWait({ retryAfterMs: ms }: HttpErrorDetails, { now }: HttpErrorContext): string {
  if (ms === undefined) return 'Try again later.';
  const at = new Date(Math.min(now + ms, LATEST_DATE_MS)).toISOString();
  return `Try again in ${Math.ceil(ms / 1000)} s (at ${at}).`;
}

/** The latest time that a `Date` can hold. */
const LATEST_DATE_MS = 8.64e15;

function chooseAdvice(
  { status, getHeader }: HttpErrorResponse,
  message: ServerMessage,
  { model, redact, advice = {} }: HttpErrorContext,
): string {
  if (isOutOfCredit(message)) return 'The account has no credit left. Add credit, or raise its limit.';
  const given = advice[status];
  if (given !== undefined) return given;
  if (status >= 300 && status < 400)
    return `The server redirects to "${redact(getHeader('location') ?? '?')}". Pass that as baseURL.`;
  const field = message.param === undefined ? '' : `, especially "${message.param}"`;
  return ADVICE[status]?.replace('MODEL', model) ?? `A retry does not help. Change the request${field}.`;
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'Check the key: option apiKey, or the variable OPENAI_API_KEY.',
  402: 'The account has no credit left. Add credit.',
  403: 'The key has no permission for this request. Check its permissions, the organization and the project.',
  404: 'Check baseURL, which usually ends in /v1, and the model name "MODEL".',
  413: 'The request is too large. Send fewer or shorter messages, or smaller images.',
};
