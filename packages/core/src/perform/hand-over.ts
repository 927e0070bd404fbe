import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { stringifyCanonical } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { checkMessages } from '../chat/read-input.ts';
import type { HandoffCompletedEvent, JournalEvent } from '../event/journal-event.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { HandOver } from '../loop/action.ts';
import { findEdits } from '../loop/find-edits.ts';
import { createMiddlewareScope, finishRuns, MiddlewareRequests } from './middleware-scope.ts';
import { withReplayedRuns } from './replay-runs.ts';
import type { Scope } from './scope.ts';
import { checkState, type StateDefinition } from './state-draft.ts';
import { createEventStep, type FailureEvent, stamp, toFailure } from './step.ts';

/** Hands the conversation over in a step that records what the next agent sees, and its instructions. */
export async function handOver(action: HandOver, scope: Scope): Promise<JournalEvent> {
  const { turn } = action;
  const requests = new MiddlewareRequests(scope, turn);
  const prepare = (): Promise<HandoffCompletedEvent | FailureEvent> =>
    prepareHandover(action, { scope, requests }).catch((error: unknown) =>
      toFailure(error, { turn, scope, usage: requests.usage, failedAttempts: [] }),
    );
  const name = formatTurnStep('handoff', turn);
  const work = (): Promise<JournalEvent> => finishRuns(prepare, requests);
  const step = createEventStep<JournalEvent>(scope, { name, effect: 'read', work });
  const event = await scope.stepRunner.step(withReplayedRuns(step, { scope, segment: name }));
  requests.end(); // The event has charged what was used.
  return event;
}

async function prepareHandover(
  { turn, to }: HandOver,
  { scope, requests }: { readonly scope: Scope; readonly requests: MiddlewareRequests },
): Promise<HandoffCompletedEvent> {
  const { definition, context, getState } = scope;
  // Before the first turn the conversation goes to the agent that had it last, which need not be a direct handoff.
  const destination = (turn === 0 ? definition.speakers() : definition.handoffs()).get(to);
  if (destination === undefined)
    throw new ConfigError(
      `Agent "${definition.name}" has no handoff to agent "${to}". Add that agent to its handoffs.`,
    );
  const { inputFilter, speaker } = destination;
  const instructions = await runUntilCancelled(scope.cancellation, () => speaker.resolveInstructions(context));
  const { messages } = getState().history; // The whole conversation: filtering a filtered history would lose more at each handoff.
  const middlewareScope = createMiddlewareScope(scope, { turn, requests, segment: formatTurnStep('handoff', turn) });
  // A copy: an input filter that changes its list in place must not change the conversation.
  const seen = checkFilteredMessages(
    await runUntilCancelled(scope.cancellation, () => inputFilter([...messages], middlewareScope)),
    to,
  );
  const state = await readState(speaker.definition.state, scope);
  const edits = findEdits(messages, History.from(seen).messages);
  return {
    type: 'handoff.completed',
    turn,
    from: definition.name,
    to,
    ...(instructions === undefined ? {} : { instructions }),
    ...state,
    ...(edits.length === 0 ? {} : { edits }),
    definition: speaker.getDefinitionRecord(),
    ...requests.usageFields,
    ...stamp(scope),
  };
}

/** Returns the state with what the schema of the next agent adds, for example defaults; nothing if that is what it is. */
async function readState(
  declared: StateDefinition | undefined,
  { cancellation, getState }: Scope,
): Promise<Pick<HandoffCompletedEvent, 'state'>> {
  if (declared === undefined) return {};
  const before = getState().remembered?.value;
  const state = await runUntilCancelled(cancellation, () => checkState(declared, before ?? {}));
  return before !== undefined && stringifyCanonical(before) === stringifyCanonical(state) ? {} : { state };
}

/** @throws ConfigError if the input filter returned no messages. */
function checkFilteredMessages(seen: readonly Message[], to: string): readonly Message[] {
  if (!Array.isArray(seen)) {
    const shown = JSON.stringify(seen) ?? String(seen);
    throw new ConfigError(`Agent "${to}": inputFilter returned ${shorten(shown)}. Return a list of messages.`);
  }
  if (seen.length === 0)
    throw new ConfigError(`Agent "${to}": inputFilter returned an empty list. Return at least one message.`);
  checkMessages(seen);
  return seen;
}
