import type { RunEvent } from '@pawl/core';

/** A promise of the journal, and whether this run keeps it: yes, not yet or with a reason, no. */
export interface InvariantLight {
  readonly state: 'ok' | 'open' | 'warning';
  readonly text: string;
}

/** Checks what a person wants to know of a run at a glance. */
export function checkInvariants(
  events: readonly RunEvent[],
  { isAtRest }: { readonly isAtRest: boolean },
): readonly InvariantLight[] {
  return [checkResults(events, isAtRest), checkOutcomes(events), checkClamps(events)];
}

/** Every call has a result, or waits for one. */
function checkResults(events: readonly RunEvent[], isAtRest: boolean): InvariantLight {
  const open = new Map<string, { readonly name: string; readonly isWaiting: boolean }>();
  for (const event of events) {
    if (event.type === 'model.responded' && event.rejection === undefined && isComplete(event)) {
      for (const [index, call] of (event.message.tool_calls ?? []).entries()) {
        const name = call.type === 'custom' ? call.custom.name : call.function.name;
        open.set(nameCall({ ...event, index }), { name, isWaiting: false });
      }
    } else if (event.type === 'approval.requested') {
      open.set(nameCall(event), { name: event.toolName, isWaiting: true });
    } else if (event.type === 'tool.finished' || event.type === 'tool.failed' || event.type === 'tool.skipped') {
      open.delete(nameCall(event));
    }
  }
  if (open.size === 0) return { state: 'ok', text: 'Every call has a result' };
  const calls = [...open.values()];
  const waiting = calls.filter(({ isWaiting }) => isWaiting);
  if (waiting.length > 0) return { state: 'open', text: `Waiting for an answer: ${listNames(waiting)}` };
  if (!isAtRest) return { state: 'open', text: `At work: ${listNames(calls)}` };
  return { state: 'warning', text: `Without a result: ${listNames(calls)}` };
}

function isComplete({ finishReason, message: { refusal } }: Extract<RunEvent, { type: 'model.responded' }>): boolean {
  const isRefused = typeof refusal === 'string' && refusal !== '';
  return finishReason !== 'length' && finishReason !== 'content_filter' && !isRefused;
}

function checkOutcomes(events: readonly RunEvent[]): InvariantLight {
  const unknown = events.filter(
    (event): event is Extract<RunEvent, { type: 'tool.failed' | 'approval.requested' }> =>
      (event.type === 'tool.failed' && event.reason === 'unknown_outcome') ||
      (event.type === 'approval.requested' && event.pending.reason === 'unknown_outcome'),
  );
  if (unknown.length === 0) return { state: 'ok', text: 'Every outcome is known' };
  return { state: 'warning', text: `Unknown outcome: ${listNames(unknown.map(({ toolName: name }) => ({ name })))}` };
}

function checkClamps(events: readonly RunEvent[]): InvariantLight {
  const clamped = events.flatMap((event) =>
    event.type === 'model.responded' && event.clampedByLimit !== undefined
      ? [{ name: `limits.${event.clampedByLimit}`, isCut: event.finishReason === 'length' }]
      : [],
  );
  if (clamped.length === 0) return { state: 'ok', text: 'No limit lowered the length of an answer' };
  const turns = `${clamped.length} ${clamped.length === 1 ? 'answer' : 'answers'}`;
  const cut = clamped.filter(({ isCut }) => isCut).length;
  const text = `${listNames(clamped)} lowered the greatest length of ${turns}`;
  return cut === 0
    ? { state: 'open', text: `${text}, and cut none` }
    : { state: 'warning', text: `${text}, and cut ${cut}` };
}

function nameCall({
  path,
  turn,
  index,
}: {
  readonly path: string;
  readonly turn: number;
  readonly index: number;
}): string {
  return `${path}:${turn}.${index}`;
}

function listNames(named: readonly { readonly name: string }[]): string {
  return [...new Set(named.map(({ name }) => name))].join(', ');
}
