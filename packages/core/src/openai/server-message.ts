import { isRecord, parseJson } from '../base/json.ts';

/** The content of an error body, with the values of the server. */
export interface ServerMessage {
  /** `''` if the body has no readable message. */
  readonly message: string;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
}

/** Reads an error body in any known form. Never throws. */
export function readServerMessage(body: string): ServerMessage {
  const parsed = parseJson(body);
  if (!parsed.ok) return { ...NO_MESSAGE, message: stripMarkup(body.slice(0, MAX_PAGE_LENGTH)) };
  // Google sends a list with one error.
  const whole: unknown = Array.isArray(parsed.value) ? parsed.value[0] : parsed.value;
  if (!isRecord(whole)) return { ...NO_MESSAGE, message: typeof whole === 'string' ? whole : '' };
  const error = findErrorObject(whole);
  return {
    message: readMessage(error) || readMessage(whole),
    code: readCode(error['code']) ?? readCode(error['status']),
    type: readText(error['type']),
    param: readText(error['param']),
    requestId: readText(whole['request_id']) ?? readText(error['request_id']),
  };
}

const NO_MESSAGE: ServerMessage = {
  message: '',
  code: undefined,
  type: undefined,
  param: undefined,
  requestId: undefined,
};

/** Bounds the work of `stripMarkup`, which searches the text several times. */
const MAX_PAGE_LENGTH = 4096;

/** Returns the text of an HTML page, such as one of a proxy, without markup. */
function stripMarkup(body: string): string {
  return body
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Finds `{"error": {…}}` of OpenAI and most others, `{"errors": [{…}]}` of Cloudflare, `{"detail": {…}}` of FastAPI, or the flat form of vLLM. */
function findErrorObject(whole: Record<string, unknown>): Record<string, unknown> {
  const { error, errors, detail } = whole;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  for (const candidate of [error, first, detail]) if (isRecord(candidate)) return candidate;
  return whole;
}

/** Reads the message from any known field, and appends the message of the provider behind a gateway. */
function readMessage(error: Record<string, unknown>): string {
  const { message, error: text, detail, metadata } = error;
  const own = [message, text, detail].map(toSentence).find((found) => found !== '') ?? '';
  const raw = isRecord(metadata) ? readText(metadata['raw']) : undefined;
  return raw === undefined ? own : `${own}: ${readServerMessage(raw).message || raw}`;
}

/** Converts a text, or a list of `{ loc, msg }` of a validator (FastAPI, also inside `message` of Mistral). */
function toSentence(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isRecord(value)) return toSentence(value['message'] ?? value['detail']);
  if (!Array.isArray(value)) return '';
  return value.filter(isRecord).map(formatIssue).join('; ');
}

function formatIssue({ loc, msg }: Record<string, unknown>): string {
  return [Array.isArray(loc) ? loc.join('.') : '', readText(msg) ?? ''].filter((part) => part !== '').join(': ');
}

function readCode(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : readText(value);
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
