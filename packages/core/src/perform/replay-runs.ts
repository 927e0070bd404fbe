import type { JournalEvent, NestedRunUsage } from '../event/journal-event.ts';
import type { UsageShare } from '../event/outcome.ts';
import { END_STEP, readPath, START_STEP } from '../event/step-name.ts';
import { addUsage, hasUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { Step } from '../host/step-runner.ts';
import type { Scope } from './scope.ts';
import { addPath } from './step.ts';

/** Replays the events of the runs that the code of a step began, if the step itself is recorded and its code does not run again. */
export function replayRuns(scope: Scope, { segments, ...spent }: ReplayedRuns): void {
  chargeSpent(scope, spent);
  emitRecorded(scope, segments);
}

/** Replays the steps of code that has ended, with everything inside them. */
export function replayCode(scope: Scope): void {
  for (const { name, value, position } of scope.stepRunner.listRecorded?.() ?? []) {
    if (name === START_STEP || name === END_STEP) continue;
    const event = value as JournalEvent; // The steps of runs record journal events.
    const path = readPath(name);
    if (path === '' && 'nestedUsage' in event) chargeSpent(scope, event);
    const sink = path === '' ? scope.events : scope.createEventSink(addPath(scope, path));
    sink.emitJournalEvent(event, { replayed: true, position, step: addPath(scope, name) });
  }
}

function chargeSpent({ budget }: Scope, { nestedUsage, nestedToolCallCount = 0 }: NestedRunUsage): void {
  if (nestedUsage !== undefined) budget.charge(nestedUsage);
  for (let calls = 0; calls < nestedToolCallCount; calls++) budget.chargeCall();
}

/** Counts and replays what is recorded of the runs that the code of a step began, if the code does not run again after a crash. */
export function recoverRuns(scope: Scope, segments: readonly string[]): NestedRunUsage {
  let usage = NO_USAGE;
  let toolCalls = 0;
  for (const event of emitRecorded(scope, segments)) {
    if ('usage' in event && event.usage !== undefined) usage = addUsage(usage, event.usage);
    if ('middlewareUsage' in event && event.middlewareUsage !== undefined)
      usage = addUsage(usage, event.middlewareUsage);
    if (event.type === 'tool.finished' || event.type === 'tool.failed') toolCalls++;
  }
  const spent = createSpentFields({ usage, toolCalls });
  chargeSpent(scope, spent);
  return spent;
}

/** What runs inside a step have spent. */
export interface NestedTotals {
  readonly usage: Usage;
  readonly usageBy?: readonly UsageShare[];
  readonly toolCalls: number;
}

export function createSpentFields({ usage, usageBy = [], toolCalls }: NestedTotals): NestedRunUsage {
  return {
    ...(hasUsage(usage) && { nestedUsage: usage, ...(usageBy.length > 0 && { usageBy }) }),
    ...(toolCalls > 0 && { nestedToolCallCount: toolCalls }),
  };
}

function emitRecorded(scope: Scope, segments: readonly string[]): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  for (const { name, value, position } of scope.stepRunner.listRecorded?.() ?? []) {
    if (!segments.some((segment) => name.startsWith(`${segment}/`))) continue;
    const sink = scope.createEventSink(addPath(scope, readPath(name)));
    const event = value as JournalEvent; // The steps of runs record journal events.
    sink.emitJournalEvent(event, { replayed: true, position, step: addPath(scope, name) });
    events.push(event);
  }
  return events;
}

/** Replays the runs of a step of middleware with its event. */
export function withReplayedRuns<Event extends JournalEvent>(
  step: Step<Event>,
  { scope, segment }: { readonly scope: Scope; readonly segment: string },
): Step<Event> {
  const onRecorded: typeof step.onRecorded = (event, how) => {
    if (how.replayed && 'nestedUsage' in event) replayRuns(scope, { segments: [segment], ...event });
    step.onRecorded(event, how);
  };
  return { ...step, onRecorded };
}

interface ReplayedRuns extends NestedRunUsage {
  /** The path segments of the code of the step. */
  readonly segments: readonly string[];
}
