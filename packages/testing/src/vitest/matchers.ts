import type { Outcome } from '@pawl/core';
import { checkOptions } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { checkHistory } from '../server/check-history.ts';
import { ALLOWANCE, type Allowance, followed, overAllowance, type ToolSequence } from '../trajectory/rules.ts';
import { historyOf, outcomeOf, turnsOf } from '../trajectory/trajectory.ts';

export type ExpectedOutcome = Outcome['status'] | Readonly<Record<string, unknown>>;

/** What vitest hands to a matcher, as far as these use it. */
interface Matching {
  readonly equals: (one: unknown, other: unknown, testers?: never[]) => boolean;
  readonly utils: { readonly stringify: (value: unknown) => string };
}

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

export const matchers = {
  // biome-ignore lint/complexity/useMaxParams: `this` counts as one
  toHaveCalledTool(this: Matching, received: unknown, name: string, expected?: unknown): Result {
    const turns = turnsOf(received);
    if (turns === undefined) throw notARun(received);
    const made = turns.flat();
    const named = made.filter((call) => call.name === name);
    const pass = named.some((call) => expected === undefined || this.equals(call.arguments, expected));
    const shown = (value: unknown): string => this.utils.stringify(value);
    const said =
      named.length === 0 ? listed(made.map((call) => call.name)) : named.map((call) => shown(call.arguments));
    const what = expected === undefined ? `"${name}" to be called` : `"${name}" to be called with ${shown(expected)}`;
    return {
      pass,
      message: () =>
        `Expected ${pass ? `not ${what}` : what}. ${named.length === 0 ? 'Called were' : 'It was called with'}: ${String(said)}.`,
    };
  },

  toHaveToolSequence(this: Matching, received: unknown, expected: ToolSequence): Result {
    const turns = turnsOf(received);
    if (turns === undefined) throw notARun(received);
    const actual = turns.map((calls) => calls.map(({ name }) => name));
    const pass = followed(actual, expected);
    const message = (): string => `Expected the tools ${pass ? 'not ' : ''}to be called in this sequence.`;
    return { pass, message, actual, expected };
  },

  toHaveOutcome(this: Matching, received: unknown, expected: ExpectedOutcome): Result {
    const outcome = outcomeOf(received);
    if (outcome === undefined) throw notARun(received);
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

  toStayWithin(this: Matching, received: unknown, allowed: Allowance): Result {
    const outcome = outcomeOf(received);
    if (outcome === undefined) throw notARun(received);
    const over = overAllowance(outcome, checkOptions(allowed, ALLOWANCE, 'toStayWithin'));
    return {
      pass: over.length === 0,
      message: () =>
        over.length === 0
          ? `Expected the run to use more than ${this.utils.stringify(allowed)}.`
          : `Expected the run to stay within what it is allowed. It used ${over.join(', ')}.`,
    };
  },

  toBeValidHistory(this: Matching, received: unknown): Result {
    const messages = historyOf(received);
    if (messages === undefined) throw notARun(received);
    const faults = checkHistory(messages);
    return {
      pass: faults.length === 0,
      message: () =>
        faults.length === 0
          ? 'Expected a history that no server takes; this one is valid.'
          : `Expected a history that can be sent on:\n${faults.join('\n')}`,
    };
  },
};

/** Thrown, not told as a result: one that does not pass would let `.not` pass. */
function notARun(received: unknown): TypeError {
  const is = received === null ? 'null' : typeof received;
  return new TypeError(
    `Expected an outcome, messages or events of a run; this is ${is}. Pass what run.outcome() gives, or what the run rejects with.`,
  );
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** What an assertion on a run may say. */
export interface RunMatchers<Result> {
  /** The model called that tool: with these arguments, where any are given (asymmetric matchers are taken). */
  toHaveCalledTool(name: string, expectedArguments?: Json | object): Result;
  /** The model called these tools and no others, in this order. `['search', ['fetch', 'fetch'], 'write']` */
  toHaveToolSequence(expected: ToolSequence): Result;
  /** The run ended so: a status, or some of the outcome's fields. */
  toHaveOutcome(expected: ExpectedOutcome): Result;
  /** The run used no more than that. */
  toStayWithin(allowed: Allowance): Result;
  /** The messages can be sent to a server as they are. */
  toBeValidHistory(): Result;
}
