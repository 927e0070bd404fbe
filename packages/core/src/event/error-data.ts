import { PawlError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';

/** An error as JSON, for events and outcomes, which are stored and sent. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  /** Stable, in the form `noun.problem`. Absent if the error has none. */
  readonly code?: string;
  readonly stack?: string;
  /** The other plain fields of a `PawlError`: `status`, `requestId`, `retryAfterMs` … */
  readonly details?: JsonObject;
  readonly cause?: ErrorData;
}

/** The errors of this process by their data, so that `cause` can be the original error. */
const originals = new WeakMap<ErrorData, Error>();

export function toErrorData(thrown: unknown): ErrorData {
  return buildErrorData(thrown, []);
}

/** @param effects - the errors that this one caused, to stop at a circular cause */
function buildErrorData(thrown: unknown, effects: readonly unknown[]): ErrorData {
  const error = toReadableError(thrown);
  const details = PawlError.isInstance(error) ? collectPlainFields(error) : {};
  const chain = [...effects, error];
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const data: ErrorData = {
    name: String(error.name),
    message: describeThrown(error.message),
    ...(code === undefined ? {} : { code }),
    ...(typeof error.stack === 'string' ? { stack: error.stack } : {}),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(error.cause instanceof Error && !chain.includes(error.cause)
      ? { cause: buildErrorData(error.cause, chain) }
      : {}),
  };
  originals.set(data, error);
  return data;
}

/** Returns the original error if this process threw it; otherwise an error with the same name, message and code. */
export function toError(data: ErrorData): Error {
  const original = originals.get(data);
  if (original !== undefined) return original;
  const { name, message, code, stack, details, cause } = data;
  const error = new Error(message, cause === undefined ? undefined : { cause: toError(cause) });
  return Object.assign(error, { name, ...(stack && { stack }), ...(code && { code }), ...details });
}

/** Returns the message of a thrown value, which need not be an `Error`. Never throws. */
export function getErrorMessage(thrown: unknown): string {
  try {
    return thrown instanceof Error ? describeThrown(thrown.message || thrown.name) : describeThrown(thrown);
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = 'the thrown value cannot be read';

function describeThrown(thrown: unknown): string {
  try {
    return typeof thrown === 'string' ? thrown : (stringifyWellFormed(thrown) ?? String(thrown));
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** Returns an error whose fields can be read. A getter or a proxy can throw. */
function toReadableError(thrown: unknown): Error {
  try {
    if (!(thrown instanceof Error)) return new Error(getErrorMessage(thrown));
    const { name, message, stack, cause } = thrown;
    const code = 'code' in thrown && thrown.code;
    // Reads every field once, so that a later read does not throw.
    void [String(name), message, stack, cause instanceof Error, code, Object.entries(thrown)];
    return thrown;
  } catch {
    return new Error(getErrorMessage(thrown));
  }
}

function collectPlainFields(error: Error): JsonObject {
  const fields: Record<string, Json> = {};
  for (const [name, value] of Object.entries(error)) {
    if (name === 'name' || name === 'code' || !isPlain(value)) continue;
    fields[name] = value;
  }
  return fields;
}

function isPlain(value: unknown): value is Json {
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object' || value === null) return ['string', 'number', 'boolean'].includes(typeof value);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}
