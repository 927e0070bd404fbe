import { isRecord, parseJson } from '../base/json.ts';

/** An error body, read. Every field is the server's own. */
export interface ServerMessage {
  /** `''` where the body says nothing that can be read. */
  readonly message: string;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
}

/** Reads what a server says in the body of an error, in any of the forms that are about. Total. */
export function serverMessage(body: string): ServerMessage {
  const parsed = parseJson(body);
  if (!parsed.ok) return { ...SILENT, message: plainText(body.slice(0, MAX_PAGE)) };
  // Google's list of one.
  const whole: unknown = Array.isArray(parsed.value) ? parsed.value[0] : parsed.value;
  if (!isRecord(whole)) return { ...SILENT, message: typeof whole === 'string' ? whole : '' };
  const error = innermost(whole);
  return {
    message: messageOf(error) || messageOf(whole),
    code: codeOf(error['code']) ?? codeOf(error['status']),
    type: textOf(error['type']),
    param: textOf(error['param']),
    requestId: textOf(whole['request_id']) ?? textOf(error['request_id']),
  };
}

const SILENT: ServerMessage = { message: '', code: undefined, type: undefined, param: undefined, requestId: undefined };

/** A page may be long, and its markup is searched more than once. */
const MAX_PAGE = 4096;

/** A proxy's page or a bare sentence: its words without the markup. */
function plainText(body: string): string {
  return body
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** `{"error": {…}}` of OpenAI and most others, `{"errors": [{…}]}` of Cloudflare, `{"detail": {…}}` of FastAPI, or flat as vLLM's. */
function innermost(whole: Record<string, unknown>): Record<string, unknown> {
  const { error, errors, detail } = whole;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  for (const candidate of [error, first, detail]) if (isRecord(candidate)) return candidate;
  return whole;
}

/** The sentence, wherever it stands; what a gateway's provider said behind the gateway's own words. */
function messageOf(error: Record<string, unknown>): string {
  const { message, error: text, detail, metadata } = error;
  const own = [message, text, detail].map(sentence).find((words) => words !== '') ?? '';
  const raw = isRecord(metadata) ? textOf(metadata['raw']) : undefined;
  return raw === undefined ? own : `${own}: ${serverMessage(raw).message || raw}`;
}

/** A text, or a validator's list of `{ loc, msg }` (FastAPI's, also inside Mistral's `message`). */
function sentence(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isRecord(value)) return sentence(value['message'] ?? value['detail']);
  if (!Array.isArray(value)) return '';
  return value.filter(isRecord).map(issue).join('; ');
}

function issue({ loc, msg }: Record<string, unknown>): string {
  return [Array.isArray(loc) ? loc.join('.') : '', textOf(msg) ?? ''].filter((words) => words !== '').join(': ');
}

function codeOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
