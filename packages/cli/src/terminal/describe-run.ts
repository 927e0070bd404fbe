import type { ErrorData } from '@pawl/core/events';
import type { RunRow, ShownOutcome } from '../run-row.ts';

/** The `--json` form of a run. */
export function toRunObject({ runId, agent, status, startedAt, metadata, outcome, usage }: RunRow): object {
  return {
    type: 'run',
    runId,
    agent,
    status,
    startedAt,
    metadata,
    ...(usage !== undefined && { usage }),
    ...(outcome !== undefined && { outcome: withoutTranscript(outcome) }),
  };
}

/** A list does not repeat conversations, nor who spent what: a server leaves them out, too. */
function withoutTranscript(outcome: ShownOutcome): object {
  const inner = { messages: undefined, usageBy: undefined, spentBy: undefined, attempts: undefined, state: undefined };
  const { messages: _, usageBy: __, spentBy: ___, attempts: ____, state: _____, ...shown } = { ...inner, ...outcome };
  return 'error' in shown ? { ...shown, error: toPublicError(shown.error) } : shown;
}

function toPublicError({ name, message, code }: ErrorData): object {
  return { name, message, ...(code !== undefined && { code }) };
}

/** Formats how long ago something was: `3 m`. */
export function formatAge(ageMs: number): string {
  const [unitMs, unit] = UNITS.find(([each]) => ageMs >= each) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(ageMs / unitMs))} ${unit}`;
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];
