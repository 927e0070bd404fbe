import { ContextLengthError, HttpError, type Json, type ModelError } from '@pawl/core';
import type { HttpErrorReply } from '../script/reply.ts';

/** The error that a status from a script is without a wire. Of `retry-after`, only seconds are read, no date. */
export function scriptedHttpError({ status, headers, body }: HttpErrorReply): ModelError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const error = field(body, 'error');
  const serverCode = textOf(field(error, 'code')) ?? textOf(field(error, 'type'));
  const param = textOf(field(error, 'param'));
  const requestId = headers['x-request-id'];
  const message = `The scripted server answered ${status}: ${textOf(field(error, 'message')) ?? text}`;
  const words = { status, serverCode, param, requestId, body: text };
  if (serverCode === 'context_length_exceeded') return new ContextLengthError(message, words);
  const retryable = isRetryable(status, serverCode, headers['x-should-retry']);
  return new HttpError(message, { ...words, retryAfterMs: retryAfterMs(headers), retryable });
}

function field(value: Json | undefined, name: string): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as { readonly [key: string]: Json })[name] : undefined; // An array was ruled out.
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isRetryable(status: number, serverCode: string | undefined, advice: string | undefined): boolean {
  if (advice === 'true' || advice === 'false') return advice === 'true';
  if (serverCode === 'insufficient_quota') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const { 'retry-after-ms': exact, 'retry-after': seconds } = headers;
  const ms = exact === undefined ? Number(seconds) * 1000 : Number(exact);
  return Number.isFinite(ms) ? ms : undefined;
}
