import type { JournalEvent } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Effectful } from './action.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { Policy } from './policy.ts';
import type { RunState } from './state.ts';
import { outcomeOf } from './transcript.ts';

export interface LoopOptions {
  readonly runId: string;
  /** Whose run it is. */
  readonly agent: string;
  /** Of whoever speaks. */
  readonly policyOf: (state: RunState) => Policy;
  /** Carries an action out, and answers with facts, also where something went wrong. Rejects with a `HostError` only. */
  readonly perform: (action: Effectful, state: RunState) => Promise<readonly JournalEvent[]>;
}

/** Runs an agent from a state to its outcome. A resumed run is this same loop, on a host that remembers its steps. */
export async function runLoop(
  start: RunState,
  { runId, agent, policyOf, perform }: LoopOptions,
): Promise<Outcome<unknown>> {
  let state = start;
  for (;;) {
    const action = decide(state, policyOf(state));
    if (action.type === 'finish') return outcomeOf(state, { conclusion: action.conclusion, runId, agent });
    const facts = await perform(action, state);
    state = facts.reduce(apply, state);
  }
}
