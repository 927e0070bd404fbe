import { DurableError } from '../base/errors.ts';
import type { AgentChanged } from '../event/fact.ts';
import type { Outcome } from '../event/outcome.ts';
import { runLoop } from '../loop/loop.ts';
import type { RunState } from '../loop/state.ts';
import { perform } from './perform.ts';
import type { Scope } from './scope.ts';

/** The loop, with effects in a scope: that of whoever speaks. */
export function runIn(scope: Scope, start: RunState): Promise<Outcome<unknown>> {
  const { runId, definition } = scope;
  let known = start;
  const first: Scope = { ...scope, known: () => known };
  let now = { speaker: start.speaker, scope: first };
  const scopeAt = ({ speaker }: RunState): Scope => {
    if (speaker !== now.speaker) now = { speaker, scope: speaker === undefined ? first : scopeOf(speaker, first) };
    return now.scope;
  };
  return runLoop(start, {
    runId,
    agent: definition.name,
    policyOf: (state) => scopeAt(state).policy,
    perform: (action, state) => {
      known = state;
      return perform(action, scopeAt(state));
    },
  });
}

/** The same run, with another agent: its purse, limits, signal and host are the run's. */
function scopeOf(changed: AgentChanged, first: Scope): Scope {
  const { to, instructions, definition } = changed;
  const speaker = first.definition.speakers().get(to);
  if (speaker === undefined) {
    throw new DurableError(
      `Run "${first.runId}" was handed over to agent "${to}", which agent "${first.definition.name}" does not hand over to any more. Resume it where it does.`,
      { code: 'run.changed' },
    );
  }
  return {
    ...first,
    definition: speaker.definition,
    policy: speaker.policyOf(first.policy.limits),
    settings: { ...speaker.settings, ...first.ownSettings },
    instructions: instructions === undefined ? undefined : { role: 'system', content: instructions },
    ...speaker.since({ agent: to, definition }, first),
  };
}
