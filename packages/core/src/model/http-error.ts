import { excerpt, sliceWhole } from '../base/text.ts';
import { isContextLength } from './context-length.ts';
import { ContextLengthError, HttpError, type ServerWords } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';
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

/** What a reply with a status other than 2xx is to the caller: the server's words, and what to do. */
export function httpError(refusal: Refusal, context: HttpErrorContext): HttpError | ContextLengthError {
  const { status } = refusal;
  const header = (name: string): string | undefined => redacted(refusal.header(name), context);
  // Cut after it was redacted: half a key would not be recognised.
  const body = sliceWhole(context.redact(refusal.body), 0, 4096);
  const said = serverMessage(body);
  const words: ServerWords = {
    status,
    serverCode: said.code ?? said.type,
    param: said.param,
    requestId: REQUEST_IDS.map((name) => header(name)).find((id) => id !== undefined) ?? said.requestId,
    retryAfterMs: retryAfterMs(header, { now: context.now }),
    body: body === '' ? undefined : body,
  };
  const what = `${context.address} answered ${status}${quoted(said)}.`;
  if (LONG_BY_STATUS.has(status) && isContextLength(said)) {
    return new ContextLengthError(`${what} ${SHORTEN}`, words);
  }
  const retryable = canRetry(refusal, said);
  const advice = retryable ? comeBack(words, context) : adviceFor(refusal, { said, context });
  return new HttpError(`${what} ${advice}`, { ...words, retryable });
}

function redacted(value: string | undefined, { redact }: HttpErrorContext): string | undefined {
  return value === undefined ? undefined : redact(value);
}

/** What to do about a conversation that is too long. */
export const SHORTEN = 'Send fewer or shorter messages, or use a model that reads more.';

const REQUEST_IDS = ['x-request-id', 'request-id', 'apim-request-id', 'x-ms-request-id', 'cf-ray'];

const LONG_BY_STATUS: ReadonlySet<number> = new Set([400, 413, 422, 500]);

function quoted({ message, code, type }: ServerMessage): string {
  const name = code ?? type;
  if (message === '') return name === undefined ? ' without saying why' : ` (${name})`;
  return `: "${excerpt(message, 500)}"${name === undefined ? '' : ` (${name})`}`;
}

function canRetry({ status, header }: Refusal, said: ServerMessage): boolean {
  const wish = header('x-should-retry')?.trim().toLowerCase();
  if (wish === 'true' || wish === 'false') return wish === 'true';
  if (isOutOfCredit(said)) return false;
  return RETRIED.has(status) || status >= 500;
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

interface Advising {
  readonly said: ServerMessage;
  readonly context: HttpErrorContext;
}

function adviceFor({ status, header }: Refusal, { said, context: { model, redact } }: Advising): string {
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
