import type { Agent, ChatModel, Outcome, RunEvent } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import { callName } from '@pawl/core/chat';
import { type Exercise, schemaModel } from '../model/schema-model.ts';
import { brokenPromises } from './broken-promises.ts';
import { ExplorationError } from './exploration-error.ts';
import { type LiveOptions, live } from './live.ts';

export interface ExploreOptions<Context> extends LiveOptions<Context> {
  /** How many, counted from 0, or which. @defaultValue 100 */
  readonly seeds?: number | readonly number[];
  /** Taken in turn. @defaultValue all three */
  readonly exercises?: readonly Exercise[];
}

/** What a number of runs came to. */
export interface Exploration {
  readonly runs: number;
  /** How often they ended how. */
  readonly statuses: Readonly<Partial<Record<Outcome['status'], number>>>;
  /** How often each tool was called, and how often that failed. */
  readonly tools: Readonly<Record<string, { readonly calls: number; readonly failed: number }>>;
}

/**
 * Runs an agent again and again with a model that calls all of its tools, with arguments made from their schemas, and holds
 * each run to what Pawl promises: the history is valid, every call is answered, nothing is left unhandled, limits hold. Every other
 * run is streamed. Its tools run for real: give them what they may touch.
 *
 * @throws ExplorationError naming the first seed that breaks a promise, and how to run it alone.
 * @throws TypeError where there is nothing to run.
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
  check(chosen, exercises);
  for (const seed of chosen) {
    const exercise = exercises[Math.abs(seed) % exercises.length] ?? 'once';
    const model = schemaModel({ seed, exercise });
    const lived = await live(typeof agent === 'function' ? agent(model) : agent.with({ model }), { seed, options });
    const broken = brokenPromises(lived);
    if (broken.length > 0) throw new ExplorationError({ seed, exercise, broken, lived });
    statuses[lived.outcome.status] = (statuses[lived.outcome.status] ?? 0) + 1;
    for (const event of lived.events) count(event, tools);
  }
  return { runs: chosen.length, statuses, tools };
}

const EXPLORE: OptionTable<ExploreOptions<never>> = {
  keys: { input: 'any', context: 'any', answer: 'function', seeds: ['number', 'numbers'], exercises: 'texts' },
  hints: { runs: 'The option is "seeds".', seed: 'The option is "seeds".', prompt: 'The option is "input".' },
};

/** An exploration that explores nothing would pass whatever the agent does. */
function check(seeds: readonly number[], exercises: readonly Exercise[]): void {
  if (seeds.length === 0) throw new TypeError('There are no seeds to run. Pass how many, or which: { seeds: 100 }.');
  const wrong = seeds.find((seed) => !Number.isInteger(seed));
  if (wrong !== undefined) throw new TypeError(`A seed is ${wrong}. Pass whole numbers.`);
  const unknown = exercises.find((each) => !EXERCISES.includes(each));
  if (unknown === undefined && exercises.length > 0) return;
  const what = unknown === undefined ? 'are no exercises' : `is no exercise "${unknown}"`;
  throw new TypeError(`There ${what}. Pass some of: ${EXERCISES.join(', ')}.`);
}

const EXERCISES: readonly Exercise[] = ['once', 'every-branch', 'invalid-first'];

function count(event: RunEvent, tools: Record<string, { calls: number; failed: number }>): void {
  if (event.type !== 'tool.finished' && event.type !== 'tool.failed') return;
  const name = callName(event.call);
  const { calls, failed } = tools[name] ?? { calls: 0, failed: 0 };
  tools[name] = { calls: calls + 1, failed: failed + (event.type === 'tool.failed' ? 1 : 0) };
}
