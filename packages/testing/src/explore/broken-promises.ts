import { callName } from '@pawl/core/chat';
import { checkHistory } from '../server/check-history.ts';
import type { ExploredRun } from './live.ts';

/** Each promise that a run did not keep, in a sentence. */
export function brokenPromises({ outcome, events, rejections }: ExploredRun): readonly string[] {
  return [
    ...checkHistory(outcome.messages).map((fault) => `The history is not valid: ${fault}`),
    ...unanswered(events),
    ...rejections.map((reason) => `A rejection was left unhandled: ${String(reason)}`),
    ...overLimits(events),
    ...overSpent(outcome),
    ...(events.at(-1)?.type === 'run.finished' ? [] : ['Nothing told of the end of the run.']),
  ];
}

/** Each call of each reply, those of agents inside included, ends in one way. */
function unanswered(events: ExploredRun['events']): readonly string[] {
  const answers = new Map<string, number>();
  const made = new Map<string, string>();
  for (const event of events) {
    const calls = event.type === 'model.responded' ? (event.message.tool_calls ?? []) : [];
    for (const [index, call] of calls.entries()) made.set(keyOf({ ...event, index }), callName(call));
    if (event.type !== 'tool.finished' && event.type !== 'tool.failed' && event.type !== 'tool.skipped') continue;
    answers.set(keyOf(event), (answers.get(keyOf(event)) ?? 0) + 1);
  }
  return [...new Set([...made.keys(), ...answers.keys()])].flatMap((key) => {
    const times = answers.get(key) ?? 0;
    const name = made.get(key);
    if (name === undefined) return [`Call ${key} was answered, and nobody made it.`];
    return times === 1 ? [] : [`Call ${key} of "${name}" was answered ${times} times.`];
  });
}

function keyOf({
  path,
  turn,
  index,
}: {
  readonly path: string;
  readonly turn?: number;
  readonly index: number;
}): string {
  return `${path === '' ? '' : `${path}/`}${turn}.${index}`;
}

/** A limit is passed where a run says that it was reached, and goes on with calls. */
function overLimits(events: ExploredRun['events']): readonly string[] {
  const reached = new Set<string>();
  const broken: string[] = [];
  for (const event of events) {
    if (event.type === 'limit.approaching') reached.add(event.path);
    if (event.type === 'tool.started' && reached.has(event.path)) {
      broken.push(`A tool was called in turn ${event.turn}, after the limit was reached.`);
    }
  }
  return broken;
}

/** Turns and calls can be counted beforehand: not one more than the limit says. */
function overSpent(outcome: ExploredRun['outcome']): readonly string[] {
  if (outcome.status !== 'limited') return [];
  const { limit, max } = outcome;
  const spent = limit === 'turns' ? outcome.turnCount : limit === 'toolCalls' ? outcome.toolCallCount : undefined;
  return spent !== undefined && spent > max ? [`The run used ${spent} of ${max} ${limit}.`] : [];
}
