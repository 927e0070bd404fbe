import type { RunEvent } from '@pawl/core';

/** A time in which nothing was at work on the run. It is cut out of the axis. */
export interface AxisGap {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** `suspended`: a call waited for an answer. `interrupted`: the process stopped, and another continued. */
  readonly reason: 'suspended' | 'interrupted';
}

/** The time of a run without its gaps. */
export interface TimeAxis {
  readonly start: number;
  readonly gaps: readonly AxisGap[];
  /** The length without the gaps, in milliseconds; at least 1. */
  readonly length: number;
}

/** Shorter gaps are between two steps, not between two attempts at a run. */
const MIN_GAP_MS = 250;

/**
 * Builds the axis of a run. The events of the run itself say both what time it is and how long the run has been at work: where the first grows
 * more than the second, nothing was at work.
 *
 * @param end - the time of the last thing to show, in milliseconds since 1970
 */
export function buildAxis(events: readonly RunEvent[], end: number): TimeAxis {
  const gaps: AxisGap[] = [];
  const pending = new Set<number>();
  let last: { readonly at: number; readonly activeMs: number } | undefined;
  for (const event of events) {
    if (event.path !== '' || !('activeMs' in event)) continue;
    if (last !== undefined) {
      const idleMs = event.at - last.at - Math.max(0, event.activeMs - last.activeMs);
      const reason = pending.size > 0 ? 'suspended' : 'interrupted';
      if (idleMs > MIN_GAP_MS) gaps.push({ from: last.at, to: last.at + idleMs, reason });
    }
    // Steps of a fork were recorded before it began, and parallel calls end in any order.
    last = { at: Math.max(event.at, last?.at ?? 0), activeMs: Math.max(event.activeMs, last?.activeMs ?? 0) };
    trackPending(pending, event);
  }
  const start = findStart(events);
  const length = Math.max(1, toAxis({ start, gaps, length: 0 }, Math.max(end, last?.at ?? start)));
  return { start, gaps, length };
}

function trackPending(pending: Set<number>, event: RunEvent): void {
  if (event.type === 'approval.requested' || event.type === 'tool.suspended') pending.add(event.index);
  else if ('index' in event && event.type !== 'approval.not_required') pending.delete(event.index);
}

function findStart(events: readonly RunEvent[]): number {
  const first = events.find((event) => event.path === '');
  if (first === undefined) return 0;
  return first.at - ('activeMs' in first ? first.activeMs : 0);
}

/** Converts a time to a place on the axis, in milliseconds from its start. */
export function toAxis({ start, gaps }: TimeAxis, at: number): number {
  let cut = 0;
  for (const { from, to } of gaps) {
    if (at <= from) break;
    cut += Math.min(at, to) - from;
  }
  return Math.max(0, at - start - cut);
}
