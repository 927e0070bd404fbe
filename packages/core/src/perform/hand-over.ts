import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { shorten } from '../base/text.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { checkMessages } from '../chat/read-input.ts';
import type { HandoffCompletedEvent, JournalEvent } from '../event/journal-event.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { HandOver } from '../loop/action.ts';
import { editsBetween } from '../loop/edits.ts';
import { MiddlewareRequests, middlewareScope } from './middleware-scope.ts';
import type { Scope } from './scope.ts';
import { factStep, stamp, toFailure } from './step.ts';

/** Hands the conversation over, as a step of its own: what the other agent sees of it, and its instructions, are recorded. */
export async function handOver(action: HandOver, scope: Scope): Promise<JournalEvent> {
  const { turn } = action;
  const requests = new MiddlewareRequests(scope, turn);
  const work = async (): Promise<JournalEvent> => {
    try {
      return await prepareHandover(action, { scope, requests });
    } catch (error) {
      return toFailure(error, { turn, scope, usage: requests.usage, failedAttempts: [] });
    }
  };
  const fact = await scope.stepRunner.step(
    factStep<JournalEvent>(scope, { name: formatTurnStep('handoff', turn), effect: 'read', work }),
  );
  requests.end(); // The event has charged what was used.
  return fact;
}

async function prepareHandover(
  { turn, to }: HandOver,
  { scope, requests }: { readonly scope: Scope; readonly requests: MiddlewareRequests },
): Promise<HandoffCompletedEvent> {
  const { definition, context, known } = scope;
  const destination = definition.handoffs().get(to);
  if (destination === undefined) throw new ConfigError(`Agent "${definition.name}" hands over to no agent "${to}".`);
  const { sees, speaker } = destination;
  const instructions = await runUntilCancelled(scope.cancellation, () => speaker.instructionsFor(context));
  const { messages } = known().history; // Not what the present agent sees: a view of a view would lose more each time.
  const within = middlewareScope(scope, { turn, requests });
  // A copy: a view that sorts or cuts its list in place must not change the conversation.
  const seen = checkSeen(await runUntilCancelled(scope.cancellation, () => sees([...messages], within)), to);
  const edits = editsBetween(messages, History.from(seen).messages);
  return {
    type: 'handoff.completed',
    turn,
    from: definition.name,
    to,
    ...(instructions === undefined ? {} : { instructions }),
    ...(edits.length === 0 ? {} : { edits }),
    definition: speaker.digest(),
    ...requests.counted,
    ...stamp(scope),
  };
}

/** @throws ConfigError if the view gave no messages. */
function checkSeen(seen: readonly Message[], to: string): readonly Message[] {
  if (!Array.isArray(seen)) {
    const shown = JSON.stringify(seen) ?? String(seen);
    throw new ConfigError(`The view of agent "${to}" gave ${shorten(shown)}. Have it give a list of messages.`);
  }
  if (seen.length === 0)
    throw new ConfigError(`Agent "${to}" would see no messages. Have its inputFilter give at least one.`);
  checkMessages(seen);
  return seen;
}
