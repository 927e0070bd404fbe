import { ContextLengthError, HttpError, type ModelError } from '@pawl/core';
import { isObject } from '../base/json.ts';
import type { ScriptedHttpErrorResponse } from '../script/scripted-response.ts';

/**
 * Creates the error that `openai` would reject with for this status. Reads `retry-after` in seconds only, not as a
 * date.
 */
export function createScriptedHttpError({ status, headers, body }: ScriptedHttpErrorResponse): ModelError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
  const readField = (name: string): string | undefined => (typeof error[name] === 'string' ? error[name] : undefined);
  const serverCode = readField('code') ?? readField('type');
  const param = readField('param');
  const requestId = headers['x-request-id'];
  const message = `The scripted server answered ${status}: ${readField('message') ?? text}`;
  const details = { status, serverCode, param, requestId, body: text };
  if (serverCode === 'context_length_exceeded') return new ContextLengthError(message, details);
  const retryable = isRetryable(status, serverCode, headers['x-should-retry']);
  return new HttpError(message, { ...details, retryAfterMs: readRetryAfterMs(headers), retryable });
}

function isRetryable(status: number, serverCode: string | undefined, advice: string | undefined): boolean {
  if (advice === 'true' || advice === 'false') return advice === 'true';
  if (serverCode === 'insufficient_quota') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

function readRetryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const { 'retry-after-ms': exact, 'retry-after': seconds } = headers;
  const ms = exact === undefined ? Number(seconds) * 1000 : Number(exact);
  return Number.isFinite(ms) ? ms : undefined;
}
