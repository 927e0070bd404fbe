import { ConfigError, type Run } from '@pawl/core';
import { readInput, readSettings } from '@pawl/core/model';
import { createInvalidError } from '../protocol/problem.ts';
import type { RunStart } from './run-start.ts';

/** The parts of a request that core checks when the run begins. */
type CallerInput = Pick<RunStart, 'input' | 'limits' | 'modelSettings'>;

/**
 * Begins a run. Core reports every wrong value as a `ConfigError`. For a value of the caller it becomes an error of the request: the caller reads
 * what is wrong, and does not send the request again.
 *
 * @param ownCost - the agent's own limit of the cost, if it has one
 * @throws HttpProblem 400 for a wrong value of the caller; ConfigError for one of the server
 */
export function beginForCaller(
  begin: () => Run<unknown>,
  { input, limits = {}, modelSettings = {} }: CallerInput,
  ownCost: number | undefined,
): Run<unknown> {
  try {
    return begin();
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error;
    checkPart('messages', () => readInput(input));
    checkPart('body', () => readSettings(modelSettings, 'The body'));
    if (limits.cost !== undefined && ownCost === undefined) {
      throw createInvalidError('"limits.cost" needs a model with a price. Leave it out.', 'limits.cost');
    }
    throw error;
  }
}

function checkPart(param: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (ConfigError.isInstance(error)) throw createInvalidError(error.message, param);
    throw error;
  }
}
