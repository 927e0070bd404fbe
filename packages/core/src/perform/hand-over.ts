import { untilAborted } from '../base/abort.ts';
import { ConfigError } from '../base/errors.ts';
import { excerpt } from '../base/text.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { checkMessages } from '../chat/read-input.ts';
import type { AgentChanged, Fact } from '../event/fact.ts';
import type { HandOver } from '../loop/action.ts';
import { editsBetween } from '../loop/edits.ts';
import { Aside } from './aside.ts';
import { middlewareScope } from './plan-turn.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { unanswered } from './unanswered.ts';

/** Hands the conversation over, as a step of its own: what the other agent sees of it, and its instructions, are remembered. */
export async function handOver({ turn, to }: HandOver, scope: Scope): Promise<readonly Fact[]> {
  const aside = new Aside(scope, turn);
  const work = async (): Promise<Fact> => {
    try {
      return await handedOver({ turn, to }, { scope, aside });
    } catch (error) {
      return unanswered(error, { turn, scope, usage: aside.usage, failedAttempts: [] });
    }
  };
  const fact = await scope.durable.step(factStep<Fact>(scope, { name: `over:${turn}`, effect: 'read', work }));
  aside.end(); // Only now: what was used is charged when the fact is told.
  return [fact];
}

interface Handing {
  readonly scope: Scope;
  readonly aside: Aside;
}

async function handedOver(
  { turn, to }: Pick<HandOver, 'turn' | 'to'>,
  { scope, aside }: Handing,
): Promise<AgentChanged> {
  const { definition, context, known } = scope;
  const destination = definition.handoffs().get(to);
  if (destination === undefined) throw new ConfigError(`Agent "${definition.name}" hands over to no agent "${to}".`);
  const { sees, speaker } = destination;
  const instructions = await untilAborted(scope.signal, () => speaker.instructionsFor(context));
  const { messages } = known().history; // Not what the present agent sees: a view of a view would lose more each time.
  const within = middlewareScope(scope, { turn, aside });
  // A copy: a view that sorts or cuts its list in place must not change the conversation.
  const seen = checkSeen(await untilAborted(scope.signal, () => sees([...messages], within)), to);
  const edits = editsBetween(messages, History.from(seen).messages);
  return {
    type: 'agent.changed',
    turn,
    from: definition.name,
    to,
    ...(instructions === undefined ? {} : { instructions }),
    ...(edits.length === 0 ? {} : { edits }),
    definition: speaker.digest(),
    ...aside.counted,
    ...stamp(scope),
  };
}

/** @throws ConfigError for what are no messages, and for none. */
function checkSeen(seen: readonly Message[], to: string): readonly Message[] {
  if (!Array.isArray(seen)) {
    const shown = JSON.stringify(seen) ?? String(seen);
    throw new ConfigError(`The view of agent "${to}" gave ${excerpt(shown)}. Have it give a list of messages.`);
  }
  if (seen.length === 0) throw new ConfigError(`Agent "${to}" would see no messages. Have its view give at least one.`);
  checkMessages(seen);
  return seen;
}
