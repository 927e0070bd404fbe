import type { Outcome } from '../event/outcome.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import { perform } from './perform.ts';
import type { Scope } from './scope.ts';
import type { RunState } from './state.ts';
import { outcomeOf } from './transcript.ts';

/** Runs an agent from a state to its outcome. A resumed run is this same loop, on a host that remembers its steps. */
export async function runLoop(start: RunState, scope: Scope): Promise<Outcome<unknown>> {
  let state = start;
  for (;;) {
    const action = decide(state, scope.policy);
    if (action.type === 'finish') return outcomeOf(state, { conclusion: action.conclusion, runId: scope.runId });
    const facts = await perform(action, scope);
    state = facts.reduce(apply, state);
  }
}
