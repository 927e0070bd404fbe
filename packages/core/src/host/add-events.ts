import { isRecord } from '../base/json.ts';
import { readPath } from '../event/step-name.ts';
import { addUsage, NO_USAGE, type RunTotals, type Usage } from '../event/usage.ts';
import type { StoredStep } from './run-store.ts';

/** Adds up what the recorded events of a run used. Each event of a nested run counts once, where it was recorded. */
export function addEvents(steps: readonly StoredStep[]): RunTotals {
  let totals: RunTotals = { usage: NO_USAGE, turnCount: 0, toolCallCount: 0 };
  for (const { name, value } of steps) {
    if (!isRecord(value)) continue;
    const { type, usage, middlewareUsage } = value;
    const isTurn = type === 'model.responded' && readPath(name) === '';
    const isCall = type === 'tool.finished' || type === 'tool.failed';
    totals = {
      usage: [usage, middlewareUsage].filter(isUsage).reduce(addUsage, totals.usage),
      turnCount: totals.turnCount + (isTurn ? 1 : 0),
      toolCallCount: totals.toolCallCount + (isCall ? 1 : 0),
    };
  }
  return totals;
}

/** The steps of a run record journal events, in which both fields are a usage. */
function isUsage(value: unknown): value is Usage {
  return isRecord(value);
}
