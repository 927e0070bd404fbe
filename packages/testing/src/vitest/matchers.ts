import type { Outcome } from '@pawl/core';
import { checkOptions } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { checkHistory } from '../server/check-history.ts';
import { ALLOWANCE, type Allowance, listExceeded, matchesSequence, type ToolSequence } from '../trajectory/rules.ts';
import { readHistory, readOutcome, readTurns } from '../trajectory/trajectory.ts';

export type ExpectedOutcome = Outcome['status'] | Readonly<Record<string, unknown>>;

/** The part of vitest's matcher context that is used here. */
interface MatcherContext {
  readonly equals: (one: unknown, other: unknown, testers?: never[]) => boolean;
  readonly utils: { readonly stringify: (value: unknown) => string };
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

export const matchers = {
  // biome-ignore lint/complexity/useMaxParams: `this` counts as one
  toHaveCalledTool(this: MatcherContext, received: unknown, name: string, expected?: unknown): MatcherResult {
    const turns = readTurns(received);
    if (turns === undefined) throw createNotARunError(received);
    const made = turns.flat();
    const named = made.filter((call) => call.name === name);
    const pass = named.some((call) => expected === undefined || this.equals(call.arguments, expected));
    const format = (value: unknown): string => this.utils.stringify(value);
    const calls =
      named.length === 0 ? joinNames(made.map((call) => call.name)) : named.map((call) => format(call.arguments));
    const what = expected === undefined ? `"${name}" to be called` : `"${name}" to be called with ${format(expected)}`;
    return {
      pass,
      message: () =>
        `Expected ${pass ? `not ${what}` : what}. ${named.length === 0 ? 'Called were' : 'It was called with'}: ${String(calls)}.`,
    };
  },

  toHaveToolSequence(this: MatcherContext, received: unknown, expected: ToolSequence): MatcherResult {
    const turns = readTurns(received);
    if (turns === undefined) throw createNotARunError(received);
    const actual = turns.map((calls) => calls.map(({ name }) => name));
    const pass = matchesSequence(actual, expected);
    const formatMessage = (): string => `Expected the tools ${pass ? 'not ' : ''}to be called in this sequence.`;
    return { pass, message: formatMessage, actual, expected };
  },

  toHaveOutcome(this: MatcherContext, received: unknown, expected: ExpectedOutcome): MatcherResult {
    const outcome = readOutcome(received);
    if (outcome === undefined) throw createNotARunError(received);
    const fields: Readonly<Record<string, unknown>> = typeof expected === 'string' ? { status: expected } : expected;
    const known = new Map(Object.entries(outcome));
    const actual = Object.fromEntries(Object.keys(fields).map((name) => [name, known.get(name)]));
    const pass = this.equals(actual, fields);
    const why = outcome.status === 'failed' ? ` It failed: ${outcome.error.message}` : '';
    return {
      pass,
      message: () =>
        `Expected the run ${pass ? 'not ' : ''}to end as ${this.utils.stringify(fields)}; it ended ${outcome.status}.${why}`,
      actual,
      expected: fields,
    };
  },

  toStayWithin(this: MatcherContext, received: unknown, allowed: Allowance): MatcherResult {
    const outcome = readOutcome(received);
    if (outcome === undefined) throw createNotARunError(received);
    const over = listExceeded(outcome, checkOptions(allowed, ALLOWANCE, 'toStayWithin'));
    return {
      pass: over.length === 0,
      message: () =>
        over.length === 0
          ? `Expected the run to use more than ${this.utils.stringify(allowed)}.`
          : `Expected the run to stay within what it is allowed. It used ${over.join(', ')}.`,
    };
  },

  toBeValidHistory(this: MatcherContext, received: unknown): MatcherResult {
    const messages = readHistory(received);
    if (messages === undefined) throw createNotARunError(received);
    const faults = checkHistory(messages);
    return {
      pass: faults.length === 0,
      message: () =>
        faults.length === 0
          ? 'Expected an invalid history; this one is valid.'
          : `Expected a valid history:\n${faults.join('\n')}`,
    };
  },
};

/** Thrown: a result that does not pass would let `.not` pass. */
function createNotARunError(received: unknown): TypeError {
  const is = received === null ? 'null' : typeof received;
  return new TypeError(
    `Expected an outcome, messages or events of a run; received ${is}. Pass what run.outcome() gives, or what the run rejects with.`,
  );
}

function joinNames(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** The matchers for runs. */
export interface RunMatchers<Result> {
  /** The model called this tool, with these arguments if any are given. Accepts asymmetric matchers. */
  toHaveCalledTool(name: string, expectedArguments?: Json | object): Result;
  /** The model called exactly these tools, in this order. `['search', ['fetch', 'fetch'], 'write']` */
  toHaveToolSequence(expected: ToolSequence): Result;
  /** The run ended with this status, or with these fields of the outcome. */
  toHaveOutcome(expected: ExpectedOutcome): Result;
  /** The run used no more than the allowance. */
  toStayWithin(allowed: Allowance): Result;
  /** The messages can be sent to a server. */
  toBeValidHistory(): Result;
}
