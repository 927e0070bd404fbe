import { isRecord } from '@pawl/core/model';
import { createInvalidError, HttpProblem } from './problem.ts';
import { isString } from './read-json.ts';

/** A body that names an agent. */
export interface AddressedBody extends Readonly<Record<string, unknown>> {
  readonly model: string;
}

/**
 * Checks that a body is an object that names an agent.
 *
 * @param form - what to send, for the error
 * @throws HttpProblem 400
 */
export function readAddressed(body: unknown, form: string): AddressedBody {
  if (!isRecord(body)) {
    throw new HttpProblem(`The body is not an object. Send ${form}.`, { status: 400, code: 'invalid_json' });
  }
  const { model } = body;
  if (isString(model) && model !== '') return { ...body, model };
  throw createInvalidError('"model" is missing. Pass the name of an agent; GET /v1/models lists them.', 'model');
}
