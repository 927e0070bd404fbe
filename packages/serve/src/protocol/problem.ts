import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';
import { createJsonResponse } from './json-response.ts';

/** The error object of OpenAI's API: https://platform.openai.com/docs/guides/error-codes */
export interface ErrorBody {
  readonly message: string;
  /** OpenAI's types, and `run_error` for a run that did not complete. */
  readonly type: string;
  /** The field of the request that is wrong. */
  readonly param: string | null;
  /** OpenAI's code if there is one, otherwise Pawl's. */
  readonly code: string | null;
}

export interface ProblemOptions {
  readonly status: number;
  readonly code?: string;
  readonly param?: string;
  /** @defaultValue by the status */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error with the response that it becomes. Thrown anywhere below the routes. */
export class HttpProblem extends PawlError {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: ErrorBody;

  constructor(message: string, { status, code, param, type, headers = {}, cause }: ProblemOptions) {
    super(message, { code: code ?? `http.${status}`, cause });
    this.status = status;
    this.headers = headers;
    this.error = { message, type: type ?? chooseType(status), param: param ?? null, code: code ?? null };
    addBrand(this, 'HttpProblem');
  }

  static override isInstance(error: unknown): error is HttpProblem {
    return hasBrand(error, 'HttpProblem');
  }

  toResponse(): Response {
    return createJsonResponse({ error: this.error }, { status: this.status, headers: this.headers });
  }
}

function chooseType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** A field of a request that is missing or wrong. */
export function createInvalidError(message: string, param: string): HttpProblem {
  return new HttpProblem(message, { status: 400, param, code: 'invalid_value' });
}

/** A field of a request that is right for OpenAI, but not supported here. */
export function createUnsupportedError(message: string, param: string): HttpProblem {
  return new HttpProblem(message, { status: 400, param, code: 'unsupported_parameter' });
}

/** The same for a run of another owner as for one that does not exist. */
export function createUnknownRunError(runId: string): HttpProblem {
  return new HttpProblem(`There is no run "${runId}".`, { status: 404, code: 'run.unknown' });
}
