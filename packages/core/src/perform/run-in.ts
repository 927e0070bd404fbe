import type { Outcome } from '../event/outcome.ts';
import { runLoop } from '../loop/loop.ts';
import type { RunState } from '../loop/state.ts';
import { perform } from './perform.ts';
import type { Scope } from './scope.ts';

/** The loop, with effects in a scope. */
export function runIn(scope: Scope, start: RunState): Promise<Outcome<unknown>> {
  const { runId, policy } = scope;
  let known = start;
  const within: Scope = { ...scope, known: () => known };
  return runLoop(start, {
    runId,
    policy,
    perform: (action, state) => {
      known = state;
      return perform(action, within);
    },
  });
}
