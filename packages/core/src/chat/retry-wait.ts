import { isRecord } from '../base/json.ts';
import type { ServerError } from './server-error.ts';

/** When a server wants the next request: after a duration, or at a time since 1970, both in milliseconds. */
export type RetryWait = { readonly afterMs: number } | { readonly atMs: number };

/** Reads the wait that the body of an error asks for, in a field or in its message; `undefined` if it asks for none. */
export function readRetryWait({ layers, text }: Pick<ServerError, 'layers' | 'text'>): RetryWait | undefined {
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer).slice(0, MAX_FIELDS)) {
      const wait = FIELDS.get(name.toLowerCase().replace(/[-_]/g, ''))?.(value);
      if (wait !== undefined) return wait;
    }
  }
  return findWaitInText(text);
}

const MAX_FIELDS = 64;

/** Readers of fields, by name in lower case without `-` and `_`. */
const FIELDS: ReadonlyMap<string, (value: unknown) => RetryWait | undefined> = new Map([
  ['retrydelay', readWait], // google.rpc.RetryInfo: https://cloud.google.com/tasks/docs/reference/rpc/google.rpc#retryinfo
  ['retryafter', readWait],
  ['retryafterseconds', readWait],
  ['retryafterms', readMilliseconds],
  ['estimatedtime', readWait], // Hugging Face, while a model loads: https://github.com/huggingface/transformers/issues/32665
  ['xratelimitreset', readWait], // OpenRouter's `metadata.headers`: https://github.com/Gitlawb/openclaude/issues/936
]);

/** Reads a number of seconds, a time since 1970, a duration (`1m30.5s`), Google's object of one, or a date. */
export function readWait(value: unknown): RetryWait | undefined {
  if (typeof value === 'number') return fromNumber(value);
  if (isRecord(value)) return fromObject(value);
  if (typeof value !== 'string' || value.length > 100) return undefined;
  const text = value.trim();
  if (NUMBER.test(text)) return fromNumber(Number(text));
  const afterMs = parseDurationMs(text);
  if (afterMs !== undefined) return { afterMs };
  const atMs = /\d{4}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : { atMs };
}

const NUMBER = /^\d+(\.\d+)?$/;

function readMilliseconds(value: unknown): RetryWait | undefined {
  const ms = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? { afterMs: ms } : undefined;
}

/** A number from 1e9 is a time, because as a duration it would be thirty years. */
function fromNumber(value: number): RetryWait | undefined {
  if (!Number.isFinite(value) || value < 0) return undefined;
  if (value >= 1e12) return { atMs: value };
  return value >= 1e9 ? { atMs: value * 1000 } : { afterMs: toMs(value, 1000) };
}

function fromObject({ seconds = 0, nanos = 0 }: Readonly<Record<string, unknown>>): RetryWait | undefined {
  const ms = Math.round(Number(seconds) * 1000 + Number(nanos) / 1e6);
  return Number.isFinite(ms) && ms > 0 ? { afterMs: ms } : undefined;
}

/** Rounds up to whole milliseconds. `toFixed` corrects the binary error: 7.4 × 1000 is 7400.000000000001. */
function toMs(amount: number, unitMs: number): number {
  return Math.ceil(Number((amount * unitMs).toFixed(3)));
}

const AMOUNT = '\\d+(?:\\.\\d+)?';
const UNIT =
  '(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|毫秒|秒|分钟|小时)(?![a-z])';
const DURATION = `(?:${AMOUNT}\\s*${UNIT}[\\s,]*(?:and\\s+)?){1,5}`;

const WHOLE_DURATION = new RegExp(`^${DURATION}$`, 'i');
const PARTS = new RegExp(`(${AMOUNT})\\s*(${UNIT})`, 'gi');

function parseDurationMs(text: string): number | undefined {
  if (!WHOLE_DURATION.test(text)) return undefined;
  return Array.from(text.matchAll(PARTS)).reduce(
    (sum, [, amount, unit]) => sum + toMs(Number(amount), getUnitMs(unit)),
    0,
  );
}

function getUnitMs(unit = ''): number {
  const name = unit.toLowerCase();
  if (name.startsWith('mil') || name.startsWith('ms') || name === '毫秒') return 1;
  if (name.startsWith('s') || name === '秒') return 1000;
  if (name.startsWith('m') || name === '分钟') return 60_000;
  return name.startsWith('h') || name === '小时' ? 3_600_000 : 86_400_000;
}

function findWaitInText(text: string): RetryWait | undefined {
  const [, duration] = IN_WORDS.exec(text) ?? IN_CHINESE.exec(text) ?? [];
  const afterMs = duration === undefined ? undefined : parseDurationMs(duration);
  if (afterMs !== undefined) return { afterMs };
  const [, time] = AT_TIME.exec(text) ?? [];
  return time === undefined ? undefined : readWait(time.replace(/\s?(?:UTC|GMT)$/i, 'Z').replace(' ', 'T'));
}

/**
 * - OpenAI and Groq: "Please try again in 7m12.5s". https://github.com/continuedev/continue/issues/10920
 * - Azure: "Please retry after 26 seconds". https://github.com/openai/openai-node/issues/1108
 * - Gemini: "Please retry in 7.4s". https://github.com/BerriAI/litellm/issues/9035
 * - Frameworks: "Please wait 5 seconds", "Expected available in 12 seconds".
 */
const IN_WORDS = new RegExp(
  `\\b(?:try(?:ing)? again|retry(?:ing)?(?: (?:your|the|this) request)?|wait|resets?|available)(?: again)?\\s*(?:in|after|for)?:?\\s*(?:about |approximately |at least |another )?(${DURATION})`,
  'i',
);

/** "请在 5 秒后重试". */
const IN_CHINESE = /(?<![\d.])(\d+(?:\.\d+)?\s*(?:毫秒|秒|分钟|小时))\s*(?:之?后)/;

const AT_TIME =
  /\b(?:try again|retry|resets?|available)(?: again)?\s+(?:at|after|on)\s+(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))/i;
