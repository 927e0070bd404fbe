import type { OptionTable, Outcome } from '@pawl/core';

/** Tools in the order of their calls. A nested list has the calls of one turn, in any order. */
export type ToolSequence = readonly (string | readonly string[])[];

/** The maximum that a run may use. */
export interface Allowance {
  readonly turns?: number;
  readonly toolCalls?: number;
  readonly tokens?: number;
  readonly cost?: number;
  /** Active time in milliseconds. */
  readonly ms?: number;
}

export const ALLOWANCE: OptionTable<Allowance> = {
  keys: { turns: 'number', toolCalls: 'number', tokens: 'number', cost: 'number', ms: 'number' },
  hints: {
    durationMs: 'The option is "ms".',
    maxTurns: 'The option is "turns".',
    totalTokens: 'The option is "tokens".',
  },
};

/** Lists each count of a run that exceeds the allowance. */
export function listExceeded(outcome: Outcome<unknown>, allowed: Allowance): readonly string[] {
  const { usage, turnCount: turns, toolCallCount: toolCalls, durationMs } = outcome;
  const used = { turns, toolCalls, tokens: usage.totalTokens, cost: usage.cost, ms: durationMs };
  return Object.entries(used).flatMap(([name, value]) => {
    const most = allowed[name as keyof Allowance]; // `used` has these names.
    return most === undefined || value <= most ? [] : [`${name}: ${value} of ${most}`];
  });
}

/** Whether the calls of the turns match the sequence. */
export function matchesSequence(turns: readonly (readonly string[])[], expected: ToolSequence): boolean {
  // Strings match calls in order, across turns; a list matches all calls of one turn.
  let calls = turns.map((names) => [...names]);
  for (const step of expected) {
    const [now, ...later] = calls.filter((names) => names.length > 0);
    if (now === undefined) return false;
    if (typeof step === 'string') {
      if (now.shift() !== step) return false;
      calls = [now, ...later];
    } else {
      if (JSON.stringify([...now].sort()) !== JSON.stringify([...step].sort())) return false;
      calls = later;
    }
  }
  return calls.every((names) => names.length === 0);
}
