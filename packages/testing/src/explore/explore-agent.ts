import type { Agent, ChatModel, Outcome, RunEvent } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import { getCallName } from '@pawl/core/chat';
import { type Exercise, schemaModel } from '../model/schema-model.ts';
import { findBrokenPromises } from './broken-promises.ts';
import { ExplorationError } from './exploration-error.ts';
import { exploreRun, type LiveOptions } from './explore-run.ts';

export interface ExploreOptions<Context> extends LiveOptions<Context> {
  /** A number of seeds from 0, or a list of seeds. @defaultValue 100 */
  readonly seeds?: number | readonly number[];
  /** Used in turn. @defaultValue all three */
  readonly exercises?: readonly Exercise[];
}

/** The counts over all runs. */
export interface Exploration {
  readonly runs: number;
  /** The number of runs by status. */
  readonly statuses: Readonly<Partial<Record<Outcome['status'], number>>>;
  /** The number of calls and of failed calls by tool. */
  readonly tools: Readonly<Record<string, { readonly calls: number; readonly failed: number }>>;
}

/**
 * Runs an agent with many seeds and a model that calls all of its tools with arguments made from their schemas. Checks
 * each run against the promises of Pawl: the history is valid, every call has a result, no rejection is unhandled,
 * limits hold.
 *
 * Runs with odd seeds are streamed. Tools run for real: give them only what they may change.
 *
 * @throws ExplorationError for the first seed that breaks a promise, with how to run it alone.
 * @throws TypeError if there are no seeds or exercises.
 */
export async function exploreAgent<Context, Output>(
  agent: Agent<Context, Output> | ((model: ChatModel) => Agent<Context, Output>),
  given: ExploreOptions<Context> = {},
): Promise<Exploration> {
  const options = checkOptions(given, EXPLORE, 'exploreAgent');
  const { seeds = 100, exercises = EXERCISES } = options;
  const statuses: Partial<Record<Outcome['status'], number>> = {};
  const tools: Record<string, { calls: number; failed: number }> = {};
  const chosen = typeof seeds === 'number' ? Array.from({ length: Math.max(0, seeds) }, (_, seed) => seed) : seeds;
  checkChoices(chosen, exercises);
  for (const seed of chosen) {
    const exercise = exercises[Math.abs(seed) % exercises.length] ?? 'once';
    const model = schemaModel({ seed, exercise });
    const run = await exploreRun(typeof agent === 'function' ? agent(model) : agent.with({ model }), { seed, options });
    const broken = findBrokenPromises(run);
    if (broken.length > 0) throw new ExplorationError({ seed, exercise, broken, run });
    statuses[run.outcome.status] = (statuses[run.outcome.status] ?? 0) + 1;
    for (const event of run.events) countCall(event, tools);
  }
  return { runs: chosen.length, statuses, tools };
}

const EXPLORE: OptionTable<ExploreOptions<never>> = {
  keys: { input: 'any', context: 'any', answer: 'function', seeds: ['number', 'numbers'], exercises: 'texts' },
  hints: { runs: 'The option is "seeds".', seed: 'The option is "seeds".', prompt: 'The option is "input".' },
};

/** An exploration without seeds or exercises would always pass. */
function checkChoices(seeds: readonly number[], exercises: readonly Exercise[]): void {
  if (seeds.length === 0) throw new TypeError('There are no seeds to run. Pass how many, or which: { seeds: 100 }.');
  const wrong = seeds.find((seed) => !Number.isInteger(seed));
  if (wrong !== undefined) throw new TypeError(`A seed is ${wrong}. Pass whole numbers.`);
  const unknown = exercises.find((each) => !EXERCISES.includes(each));
  if (unknown === undefined && exercises.length > 0) return;
  const what = unknown === undefined ? 'are no exercises' : `is no exercise "${unknown}"`;
  throw new TypeError(`There ${what}. Pass some of: ${EXERCISES.join(', ')}.`);
}

const EXERCISES: readonly Exercise[] = ['once', 'every-branch', 'invalid-first'];

function countCall(event: RunEvent, tools: Record<string, { calls: number; failed: number }>): void {
  if (event.type !== 'tool.finished' && event.type !== 'tool.failed') return;
  const name = getCallName(event.call);
  const { calls, failed } = tools[name] ?? { calls: 0, failed: 0 };
  tools[name] = { calls: calls + 1, failed: failed + (event.type === 'tool.failed' ? 1 : 0) };
}
