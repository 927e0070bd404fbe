import type { OptionTable, Outcome } from '@pawl/core';

/** Tools in the order of their calls; a list within it is one turn's calls, in any order. */
export type ToolSequence = readonly (string | readonly string[])[];

/** The most that a run may have used. */
export interface Allowance {
  readonly turns?: number;
  readonly toolCalls?: number;
  readonly tokens?: number;
  readonly cost?: number;
  /** Time at work in milliseconds. */
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

/** What a run used more of than it may. */
export function listExceeded(outcome: Outcome<unknown>, allowed: Allowance): readonly string[] {
  const { usage, turnCount: turns, toolCallCount: toolCalls, durationMs } = outcome;
  const used = { turns, toolCalls, tokens: usage.totalTokens, cost: usage.cost, ms: durationMs };
  return Object.entries(used).flatMap(([name, value]) => {
    const most = allowed[name as keyof Allowance]; // `used` has these names.
    return most === undefined || value <= most ? [] : [`${name}: ${value} of ${most}`];
  });
}

/** Whether the calls, turn by turn, are that sequence. */
export function matchesSequence(turns: readonly (readonly string[])[], expected: ToolSequence): boolean {
  // Strings say the order of calls, whatever turns they are in; a list says that they were in one turn.
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
