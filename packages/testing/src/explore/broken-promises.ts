import { checkHistory } from '../server/check-history.ts';
import type { Lived } from './live.ts';

/** Each promise that a run did not keep, in a sentence. */
export function brokenPromises({ outcome, events, rejections }: Lived): readonly string[] {
  return [
    ...checkHistory(outcome.messages).map((fault) => `The history is not valid: ${fault}`),
    ...unanswered(events),
    ...rejections.map((reason) => `A rejection was left unhandled: ${String(reason)}`),
    ...overLimits(events),
    ...(events.at(-1)?.type === 'run.finished' ? [] : ['Nothing told of the end of the run.']),
  ];
}

function unanswered(events: Lived['events']): readonly string[] {
  const closed = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'tool.finished' && event.type !== 'tool.failed' && event.type !== 'tool.skipped') continue;
    const key = `${event.path} ${event.turn}.${event.index}`;
    closed.set(key, (closed.get(key) ?? 0) + 1);
  }
  return [...closed].flatMap(([key, times]) =>
    times === 1 ? [] : [`Call ${key.trim()} was answered ${times} times.`],
  );
}

/** A limit is passed where a run says that it was reached, and goes on with calls. */
function overLimits(events: Lived['events']): readonly string[] {
  const reached = new Set<string>();
  const broken: string[] = [];
  for (const event of events) {
    if (event.type === 'limit.reached') reached.add(event.path);
    if (event.type === 'tool.started' && reached.has(event.path)) {
      broken.push(`A tool was called in turn ${event.turn}, after the limit was reached.`);
    }
  }
  return broken;
}
