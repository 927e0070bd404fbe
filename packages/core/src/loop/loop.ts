import type { JournalEvent } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import type { EffectAction } from './action.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { Policy } from './policy.ts';
import type { RunState } from './state.ts';
import { createOutcome } from './transcript.ts';

export interface LoopOptions {
  readonly runId: string;
  /** The agent that began the run. */
  readonly agent: string;
  /** Returns the policy of the active agent. */
  readonly getPolicy: (state: RunState) => Policy;
  /** Carries out an action and returns what happened as journal events, failures included. Rejects only with a `HostError`. */
  readonly perform: (action: EffectAction, state: RunState) => Promise<readonly JournalEvent[]>;
}

/** Runs an agent from a state to its outcome. A resumed run is the same loop on a host that returns the recorded steps. */
export async function runLoop(
  start: RunState,
  { runId, agent, getPolicy, perform }: LoopOptions,
): Promise<Outcome<unknown>> {
  let state = start;
  for (;;) {
    const action = decide(state, getPolicy(state));
    if (action.type === 'finish') return createOutcome(state, { conclusion: action.conclusion, runId, agent });
    const events = await perform(action, state);
    state = events.reduce(apply, state);
  }
}
