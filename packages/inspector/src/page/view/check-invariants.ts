import type { RunEvent } from '@pawl/core';

/** A promise of the journal, and whether this run keeps it. */
export interface InvariantLight {
  readonly name: string;
  readonly state: 'ok' | 'open' | 'warning';
  readonly detail: string;
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
  const name = 'Every call has a result';
  if (open.size === 0) return { name, state: 'ok', detail: '' };
  const calls = [...open.values()];
  const waiting = calls.filter(({ isWaiting }) => isWaiting).length;
  const detail = `${waiting} waiting, ${calls.length - waiting} ${isAtRest ? 'without a result' : 'at work'}: ${listNames(calls)}`;
  // A run that waits for a person may have other calls open: they ran before the answer, or run after it.
  return { name, state: isAtRest && waiting === 0 ? 'warning' : 'open', detail };
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
  const names = unknown.map(({ toolName }) => ({ name: toolName }));
  const name = 'Every outcome is known';
  return { name, state: unknown.length === 0 ? 'ok' : 'warning', detail: listNames(names) };
}

function checkClamps(events: readonly RunEvent[]): InvariantLight {
  const clamped = events.flatMap((event) =>
    event.type === 'model.responded' && event.clampedByLimit !== undefined ? [event] : [],
  );
  const turns = clamped.map(({ turn, clampedByLimit }) => ({ name: `turn ${turn} by limits.${clampedByLimit}` }));
  const name = 'No limit cut the length of a response';
  return { name, state: clamped.length === 0 ? 'ok' : 'warning', detail: listNames(turns) };
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
