import { getCallName } from '@pawl/core/chat';
import { checkHistory } from '../server/check-history.ts';
import type { ExploredRun } from './explore-run.ts';

/** Lists every promise of Pawl that a run broke, one sentence each. */
export function findBrokenPromises({ outcome, events, rejections }: ExploredRun): readonly string[] {
  return [
    ...checkHistory(outcome.messages).map((fault) => `The history is not valid: ${fault}`),
    ...findUnansweredCalls(events),
    ...rejections.map((reason) => `Unhandled rejection: ${String(reason)}`),
    ...findCallsAfterLimit(events),
    ...findExceededCounts(outcome),
    ...(events.at(-1)?.type === 'run.finished' ? [] : ['The last event is not run.finished.']),
  ];
}

/** Every call of every response, nested agents included, must end exactly once. */
function findUnansweredCalls(events: ExploredRun['events']): readonly string[] {
  const answers = new Map<string, number>();
  const made = new Map<string, string>();
  for (const event of events) {
    const calls = event.type === 'model.responded' ? (event.message.tool_calls ?? []) : [];
    for (const [index, call] of calls.entries()) made.set(buildCallKey({ ...event, index }), getCallName(call));
    if (event.type !== 'tool.finished' && event.type !== 'tool.failed' && event.type !== 'tool.skipped') continue;
    answers.set(buildCallKey(event), (answers.get(buildCallKey(event)) ?? 0) + 1);
  }
  return [...new Set([...made.keys(), ...answers.keys()])].flatMap((key) => {
    const times = answers.get(key) ?? 0;
    const name = made.get(key);
    if (name === undefined) return [`Call ${key} has a result, but no response has this call.`];
    return times === 1 ? [] : [`Call ${key} of "${name}" was answered ${times} times.`];
  });
}

function buildCallKey({
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

/** Reports tool calls after the run announced a limit. */
function findCallsAfterLimit(events: ExploredRun['events']): readonly string[] {
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

/** Turns and tool calls can be counted in advance, so a run must never exceed their limits. */
function findExceededCounts(outcome: ExploredRun['outcome']): readonly string[] {
  if (outcome.status !== 'limited') return [];
  const { limit, max } = outcome;
  const spent = limit === 'turns' ? outcome.turnCount : limit === 'toolCalls' ? outcome.toolCallCount : undefined;
  return spent !== undefined && spent > max ? [`The run used ${spent} of ${max} ${limit}.`] : [];
}
