import type { Json } from '@pawl/core';
import { sliceStart } from '../compare/slice-start.ts';
import { isObject, readJson } from './json.ts';

/** How a call went, as far as its tool message tells. */
export type CallOutcome =
  | { readonly type: 'succeeded'; readonly text: string }
  | { readonly type: 'failed'; readonly message: string }
  /** It was not run, and asking again would not help. */
  | { readonly type: 'denied'; readonly message: string };

/** Results carry no flag for errors on this wire: their text has to tell. */
export function outcomeOf(text: string): CallOutcome {
  const trimmed = text.trim();
  const value = readJson(trimmed);
  const told = value === undefined ? undefined : errorIn(value);
  if (told !== undefined) return { type: 'failed', message: told };
  const plain = typeof value === 'string' ? value : trimmed;
  if (value !== undefined && typeof value !== 'string') return { type: 'succeeded', text };
  if (DENIED.test(plain)) return { type: 'denied', message: plain };
  if (isErrorText(plain)) return { type: 'failed', message: plain };
  return { type: 'succeeded', text };
}

/** The error that a JSON result tells of: `{"error": "…"}`, `{"error": {"message": "…"}}`, `{"ok": false, …}`. */
function errorIn(value: Json): string | undefined {
  if (!isObject(value)) return undefined;
  const { error, message } = value;
  if (typeof error === 'string' && error !== '') return error;
  if (isObject(error)) return typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
  if (value['ok'] !== false && value['success'] !== false && error !== true) return undefined;
  return typeof message === 'string' ? message : JSON.stringify(value);
}

const DENIED = /^(?:denied|rejected|cancell?ed|pending|not run|skipped|the outcome of this call is unknown)\b/i;

function isErrorText(text: string): boolean {
  const [first = ''] = sliceStart(text, SHORT).split('\n', 1);
  if (ISSUE_LINE.test(first) || NAMED_ERROR.test(first)) return true;
  return text.length <= SHORT && (ERROR_START.test(text) || ERROR_WORDS.test(text));
}

/** Longer texts are content: they may speak of errors without being one. */
const SHORT = 400;

const ISSUE_LINE =
  /^(?:[\w$]+(?:[.[\]\w$-])*: )(?:invalid|expected|must|should|required|missing|unrecognized|unknown key|too (?:big|small|long|short)|no longer)\b/i;

const NAMED_ERROR =
  /^(?:the arguments (?:are|were) not valid|there is no tool|unknown tool|[A-Z]\w*Error\b|error\b[: ])/i;

const ERROR_START =
  /^(?:no such|there is no(?: such)? [\w ]*["'“\d]|unknown|cannot|can't|could not|couldn't|unable|forbidden|permission denied|access denied|ENOENT|EACCES|timed out|missing|must be|invalid|failed|only \w+ (?:may|can)|(?:known|valid|allowed|supported) [\w ]+(?:are)?:)/i;

const ERROR_WORDS = /did you mean|not found\b|does not exist|no such file|outside (?:of )?the allowed|is not allowed/i;
