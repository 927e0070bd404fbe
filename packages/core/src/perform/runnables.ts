import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { Runnable } from '../tool/runnable.ts';
import type { Delegate } from './nested-run.ts';

/** Runs an agent or a flow inside a run, by the object that users hold. */
const delegates = new WeakMap<object, Delegate>();

/** Makes an agent or a flow usable by `run`. */
export function registerRunnable(runnable: object, delegate: Delegate): void {
  delegates.set(runnable, delegate);
}

/** @throws ConfigError for a value that is no agent and no flow of this copy of the package */
export function findDelegate(runnable: Runnable, where: string): Delegate {
  const isObject = typeof runnable === 'object' && runnable !== null;
  const delegate = isObject ? delegates.get(runnable) : undefined;
  if (delegate !== undefined) return delegate;
  const hint =
    isObject && 'asTool' in runnable
      ? ` It comes from another copy of @pawl/core. List them with "npm ls @pawl/core".`
      : '';
  throw new ConfigError(
    `${where}: ${describeValue(runnable)} is no agent and no flow.${hint} Pass one: run(agent, input, { step: "name" }).`,
  );
}
