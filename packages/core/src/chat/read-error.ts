import { isRecord } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { classifyError, type ErrorKind } from './classify-error.ts';
import { ProtocolError, type ProtocolErrorOptions } from './errors.ts';
import { isRefusedRequest } from './refused-request.ts';
import { readServerError, type ServerError } from './server-error.ts';

/** An error that a response reports, with all details. `openai()` replaces it by another error before it throws. */
export class ReportedError extends ProtocolError {
  readonly kind: ErrorKind | undefined;
  /** The message without its advice. */
  readonly statement: string;
  readonly serverError: ServerError;

  constructor(statement: string, { kind, serverError, ...options }: ReportedErrorOptions) {
    super(`${statement} ${selectAdvice({ kind, ...options })}`, options);
    this.kind = kind;
    this.statement = statement;
    this.serverError = serverError;
  }
}

interface ReportedErrorOptions extends ProtocolErrorOptions {
  readonly kind: ErrorKind | undefined;
  readonly serverError: ServerError;
}

function selectAdvice({ kind, retryable }: Pick<ReportedErrorOptions, 'kind' | 'retryable'>): string {
  if (kind === 'context_length') return SHORTEN;
  if (kind === 'malformed') return MALFORMED;
  return retryable ? 'Trying again may help.' : 'Trying again does not help: change the request or the account.';
}

/** The advice for a conversation that is too long. */
export const SHORTEN = 'Send fewer or shorter messages, or use a model that reads more.';

/** The advice for text of the model that the server could not read. */
export const MALFORMED = 'The server could not read what the model wrote. Trying again may help.';

/** Reads a piece of a response as an error, in any known form; `undefined` if it is not an error. */
export function readError(piece: unknown): ReportedError | undefined {
  // Google sends a list with one element.
  const whole: unknown = Array.isArray(piece) ? piece[0] : piece;
  if (!isRecord(whole)) return undefined;
  const { error, object, type, choices, base_resp: base, x_groq: groq } = whole;
  const isWithChoices = Array.isArray(choices) && choices.length > 0;
  if (isWithChoices ? readMessage(error) !== '' : hasValue(error)) return toReportedError(error, piece, whole);
  // Groq reports here why it stopped a stream early.
  if (isRecord(groq) && typeof groq['error'] === 'string' && groq['error'] !== '')
    return toReportedError(groq['error'], piece);
  if (isWithChoices) return findChoiceError(choices);
  if (isRecord(base) && hasValue(base['status_code'])) return readBaseResponse(base, piece);
  if (object === 'error' || type === 'error') return toReportedError(whole, piece);
  const isOther = choices === undefined && OTHERS.some((name) => hasValue(whole[name]));
  return isOther ? toReportedError(whole, piece) : undefined;
}

/** Fields of an error that has no `error`. Gemini sends the last two for a blocked prompt. */
const OTHERS = ['message', 'detail', 'errors', 'msg', 'error_message', 'promptFeedback', 'prompt_feedback'];

/** Makes an error of the data of `event: error`, or of an `error` field, in any form. `whole` is the object that contains it. */
export function toReportedError(error: unknown, received: unknown = error, whole: unknown = error): ReportedError {
  return createReportedError(error, { received, whole, retryable: canRetry(listNames(error)) });
}

interface ErrorScope {
  readonly received: unknown;
  /** The object that contains the error. */
  readonly whole: unknown;
  readonly retryable: boolean;
}

function createReportedError(error: unknown, { received, whole, retryable }: ErrorScope): ReportedError {
  const message = readMessage(error);
  const names = listNames(error);
  const code = names.length === 0 ? '' : ` (${names.join(', ')})`;
  const report = message === '' ? `an error without a message${code}` : `an error: "${shorten(message, 500)}"${code}`;
  const about = readServerError(whole);
  const kind = classifyError(about);
  return new ReportedError(`Instead of a response, the server sent ${report}.`, {
    code: kind === 'malformed' ? 'response.malformed' : 'response.error',
    retryable: kind === undefined ? retryable && !isRefusedRequest(about) : kind === 'malformed',
    received: stringifyReceived(received),
    kind,
    serverError: about,
  });
}

/** Writes a received value for an error message. Never throws. */
export function stringifyReceived(received: unknown): string {
  if (typeof received === 'string') return received;
  try {
    return JSON.stringify(received) ?? String(received);
  } catch {
    return '[a value that cannot be shown]';
  }
}

function findChoiceError(choices: readonly unknown[]): ReportedError | undefined {
  for (const choice of choices) {
    if (isRecord(choice) && readMessage(choice['error']) !== '') return toReportedError(choice['error'], choice);
  }
  return undefined;
}

/** Reads MiniMax's `base_resp`. Every response has it; its code is 0 if there is no error. */
function readBaseResponse(
  { status_code, status_msg }: Readonly<Record<string, unknown>>,
  received: unknown,
): ReportedError {
  const retryable = !PERMANENT_CODES.has(Number(status_code));
  return createReportedError({ message: status_msg, code: status_code }, { received, whole: received, retryable });
}

/** MiniMax's codes for an invalid key, account or request, and for filtered content. Other codes are retried. */
const PERMANENT_CODES: ReadonlySet<number> = new Set([1004, 1008, 1026, 1027, 2013, 2049]);

function hasValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false && value !== '' && value !== 0;
}

/** Reads the message of the server, and that of the provider behind a gateway. */
function readMessage(error: unknown, depth = 0): string {
  if (typeof error === 'string') return error.trim();
  if (depth === DEEPEST) return '';
  if (Array.isArray(error)) return readMessage(error[0], depth + 1);
  if (!isRecord(error)) return '';
  const { message, msg, detail, error: inner, errors, error_message, metadata } = error;
  const candidates = [message, msg, detail, inner, errors, error_message].map((each) => readMessage(each, depth + 1));
  const own = candidates.find((text) => text !== '') ?? '';
  const raw = isRecord(metadata) && typeof metadata['raw'] === 'string' ? metadata['raw'] : '';
  return raw === '' ? own : `${own}: ${raw}`;
}

const DEEPEST = 4;

/** Lists the server's names and numbers for the error: code, type, status. Without duplicates. */
function listNames(error: unknown): readonly string[] {
  const fields: readonly unknown[] = isRecord(error) ? NAMES.map((name) => error[name]) : [];
  const named = fields.filter((name) => typeof name === 'number' || typeof name === 'string').map(String);
  return [...new Set(named.filter((name) => name !== '' && name !== 'error'))].map((name) => shorten(name, 100));
}

const NAMES = ['code', 'type', 'status', 'error_code', 'error_type'];

function canRetry(names: readonly string[]): boolean {
  if (names.some((name) => PERMANENT_NAMES.test(name))) return false;
  const status = names.map(Number).find((number) => number >= 400 && number < 600);
  if (status !== undefined) return status >= 500 || RETRIED.has(status);
  return !names.some((name) => /^invalid_/i.test(name));
}

/** Errors that a retry cannot fix: the key, the account, or a prompt that is too long. */
const PERMANENT_NAMES =
  /context_length_exceeded|exceed_context_size|insufficient_(quota|credit)|billing|invalid_api_key|authentication|unauthori[sz]ed|permission_denied/i;

/** The status codes below 500 that are retried, as for the HTTP status. */
const RETRIED: ReadonlySet<number> = new Set([408, 409, 429]);
