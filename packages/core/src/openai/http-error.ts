import { shorten, sliceWhole } from '../base/text.ts';
import { classifyError, type ErrorKind } from '../chat/classify-error.ts';
import { MalformedResponseError } from '../chat/errors.ts';
import { findMalformedText } from '../chat/malformed-response.ts';
import { isLoadingError } from '../chat/model-loading.ts';
import { MALFORMED, SHORTEN } from '../chat/read-error.ts';
import { isRefusedRequest } from '../chat/refused-request.ts';
import { readRetryWait } from '../chat/retry-wait.ts';
import { readServerError, type ServerError } from '../chat/server-error.ts';
import { ContextLengthError, HttpError, type ServerWords } from '../model/errors.ts';
import { limitResetMs, retryAfterMs, waitMs } from './retry-after.ts';
import type { Redact } from './secrets.ts';
import { type ServerMessage, serverMessage } from './server-message.ts';

export interface Refusal {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: string;
}

export interface HttpErrorContext {
  readonly model: string;
  /** `host:port`. */
  readonly address: string;
  readonly now: number;
  readonly redact: Redact;
}

/** What a reply with a status other than 2xx is: an error, or a statement that a filter stopped the prompt. */
export type RefusedOutcome =
  | { readonly type: 'error'; readonly error: HttpError | ContextLengthError | MalformedResponseError }
  | { readonly type: 'filtered'; readonly statement: string };

/** Reads a reply with a status other than 2xx: the server's words, and what to do. */
export function readRefusal(refusal: Refusal, context: HttpErrorContext): RefusedOutcome {
  const { status } = refusal;
  const header = (name: string): string | undefined => redacted(refusal.header(name), context);
  // Cut after it was redacted: half a key would not be recognised.
  const whole = context.redact(refusal.body);
  const said = serverMessage(whole);
  const about = aboutOf(whole, said);
  const statement = `${context.address} answered ${status}${quoted(said)}.`;
  const kind = classifyError(about);
  if (kind === 'filtered') return { type: 'filtered', statement };
  const words = {
    ...wordsOf({ ...refusal, header }, said),
    body: whole === '' ? undefined : sliceWhole(whole, 0, MAX_KEPT),
  };
  return { type: 'error', error: errorOf(refusal, { said, about, kind, statement, words, context }) };
}

const MAX_KEPT = 4096;

/** A page of a proxy says what its words say. */
function aboutOf(body: string, said: ServerMessage): ServerError {
  const about = readServerError(body);
  return about.layers.length > 0 ? about : { ...about, text: said.message };
}

type Words = Omit<ServerWords, 'retryAfterMs'>;

function wordsOf({ status, header }: Refusal, said: ServerMessage): Words {
  return {
    status,
    serverCode: said.code ?? said.type,
    param: said.param,
    requestId: REQUEST_IDS.map((name) => header(name)).find((id) => id !== undefined) ?? said.requestId,
  };
}

interface Reading {
  readonly said: ServerMessage;
  readonly about: ServerError;
  readonly kind: ErrorKind | undefined;
  readonly statement: string;
  readonly words: Words;
  readonly context: HttpErrorContext;
}

function errorOf(refusal: Refusal, reading: Reading): HttpError | ContextLengthError | MalformedResponseError {
  const { said, about, kind, statement, words, context } = reading;
  if (kind === 'malformed') return malformed(reading);
  if (kind === 'context_length' && LONG_BY_STATUS.has(refusal.status)) {
    return new ContextLengthError(`${statement} ${SHORTEN}`, words);
  }
  const retryable = canRetry(refusal, said, about);
  const retryAfter = retryAfterMs(refusal.header, context) ?? (retryable ? waitOf(refusal, about, context) : undefined);
  const all: ServerWords = { ...words, retryAfterMs: retryAfter };
  const advice = retryable ? comeBack(all, context) : adviceFor(refusal, said, context);
  const isModelLoading = retryable && LOADING_BY_STATUS.has(refusal.status) && isLoadingError(about);
  return new HttpError(`${statement} ${advice}`, { ...all, retryable, ...(isModelLoading && { isModelLoading }) });
}

/** It is worth another attempt whatever the status: the mistake is the model's. */
function malformed({ about, statement, words }: Reading): MalformedResponseError {
  const { status, serverCode, requestId, body } = words;
  const failedGeneration = findMalformedText(about);
  const received = body === undefined ? {} : { received: body };
  const options = { failedGeneration, status, serverCode, requestId, ...received };
  return new MalformedResponseError(`${statement} ${MALFORMED}`, options);
}

/** The wait that stands in the body, or in what the server states of its limits. */
function waitOf({ status, header }: Refusal, about: ServerError, context: HttpErrorContext): number | undefined {
  if (!WAITED_BY_STATUS.has(status)) return undefined;
  return waitMs(readRetryWait(about), context) ?? (status === 429 ? limitResetMs(header, context) : undefined);
}

function redacted(value: string | undefined, { redact }: HttpErrorContext): string | undefined {
  return value === undefined ? undefined : redact(value);
}

const REQUEST_IDS = ['x-request-id', 'request-id', 'apim-request-id', 'x-ms-request-id', 'cf-ray'];

/** Gateways answer with their own status what the server behind them refused. */
const LONG_BY_STATUS: ReadonlySet<number> = new Set([400, 413, 422, 424, 500, 502]);
const WAITED_BY_STATUS: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);
const LOADING_BY_STATUS: ReadonlySet<number> = new Set([425, 429, 503]);

function quoted({ message, code, type }: ServerMessage): string {
  const name = code ?? type;
  if (message === '') return name === undefined ? ' without saying why' : ` (${name})`;
  return `: "${shorten(message, 500)}"${name === undefined ? '' : ` (${name})`}`;
}

function canRetry({ status, header }: Refusal, said: ServerMessage, about: ServerError): boolean {
  const wish = header('x-should-retry')?.trim().toLowerCase();
  if (wish === 'true' || wish === 'false') return wish === 'true';
  if (isOutOfCredit(said)) return false;
  return status >= 500 ? !isRefusedRequest(about) : RETRIED.has(status);
}

const RETRIED: ReadonlySet<number> = new Set([408, 409, 429]);

function isOutOfCredit({ code, type }: ServerMessage): boolean {
  return [code, type].some((name) => name !== undefined && OUT_OF_CREDIT.has(name));
}

const OUT_OF_CREDIT: ReadonlySet<string> = new Set([
  'insufficient_quota', // OpenAI
  'billing_hard_limit_reached',
  'billing_not_active',
  'exceeded_current_quota_error', // Moonshot
]);

function comeBack({ retryAfterMs: ms }: ServerWords, { now }: HttpErrorContext): string {
  if (ms === undefined) return 'Trying again later may help.';
  const at = new Date(Math.min(now + ms, LATEST_DATE_MS)).toISOString();
  return `Come back in ${Math.ceil(ms / 1000)} s (at ${at}).`;
}

/** What a `Date` can hold. */
const LATEST_DATE_MS = 8.64e15;

function adviceFor({ status, header }: Refusal, said: ServerMessage, { model, redact }: HttpErrorContext): string {
  if (isOutOfCredit(said)) return 'The account has no credit left: add some, or raise its limit.';
  if (status >= 300 && status < 400)
    return `It has moved to "${redact(header('location') ?? '?')}": give that as baseURL.`;
  const field = said.param === undefined ? '' : `, "${said.param}" above all`;
  return ADVICE[status]?.replace('MODEL', model) ?? `Trying again does not help: change the request${field}.`;
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'Check the key: option apiKey, or OPENAI_API_KEY.',
  402: 'The account has no credit left: add some.',
  403: 'This key may not do that: check its rights, and the organization and project.',
  404: 'Check baseURL, which usually ends in /v1, and the model name "MODEL".',
  413: 'Send less: fewer or shorter messages, smaller images.',
};
