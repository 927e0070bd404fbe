import type { Outcome } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { Attempt, EvaluatedCase, Evaluation } from './evaluation.ts';
import { type Case, computeMean, type Score, type Scorer } from './scorer.ts';

export interface EvaluateOptions<Input, Expected> {
  /** @defaultValue 'evaluation' */
  readonly name?: string;
  readonly cases: readonly Case<Input, Expected>[];
  /** Runs a case once: `({ input }) => agent.run(input).outcome()`. */
  readonly run: (given: Case<NoInfer<Input>, NoInfer<Expected>>, attempt: number) => Promise<Outcome<unknown>>;
  readonly scorers: readonly Scorer<NoInfer<Input>, NoInfer<Expected>>[];
  /** How often each case runs. @defaultValue 1 */
  readonly repeats?: number;
  /**
   * How many attempts run in parallel. With more than one, the order of requests to a cassette varies. @defaultValue 1
   */
  readonly width?: number;
}

/**
 * Runs each case `repeats` times and scores the outcomes. An attempt that throws scores 0 with every scorer and does
 * not end the evaluation.
 *
 * @throws TypeError for duplicate names, and if there are no cases or no scorers.
 */
export async function evaluate<Input, Expected>(given: EvaluateOptions<Input, Expected>): Promise<Evaluation> {
  const options = checkOptions(given, EVALUATE, 'evaluate');
  const { name = 'evaluation', cases, repeats = 1, width = 1 } = options;
  checkOptionValues(options);
  const tries = cases.flatMap((each) => Array.from({ length: repeats }, (_, attempt) => ({ given: each, attempt })));
  const attempts = await runParallel(tries, width, ({ given, attempt }) => tryCase(given, attempt, options));
  const found = cases.map((each, index): EvaluatedCase => {
    const own = attempts.slice(index * repeats, (index + 1) * repeats);
    return { name: each.name, attempts: own, mean: computeMean(own.map((attempt) => attempt.mean)) };
  });
  const scorers = options.scorers.map((scorer) => {
    const scores = attempts.map((attempt) => attempt.scores[scorer.name]?.score ?? 0);
    return { name: scorer.name, mean: computeMean(scores) };
  });
  return { name, cases: found, scorers, mean: computeMean(found.map((each) => each.mean)) };
}

function checkOptionValues<Input, Expected>({
  cases,
  scorers,
  repeats = 1,
  width = 1,
}: EvaluateOptions<Input, Expected>): void {
  if (cases.length === 0) throw new TypeError('There are no cases. Pass some: [{ name, input, expected }].');
  if (scorers.length === 0) throw new TypeError('There are no scorers. Pass some: [exactMatch()].');
  for (const [name, value] of Object.entries({ repeats, width })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new TypeError(`${name} is ${value}. Pass a whole number from 1.`);
  }
  for (const [what, list] of Object.entries({ case: cases, scorer: scorers })) {
    const names = list.map((each) => each.name);
    const twice = names.find((each, index) => names.indexOf(each) < index);
    if (twice !== undefined)
      throw new TypeError(`There are two ${what}s named "${twice}". Give each one a unique name.`);
  }
}

const EVALUATE: OptionTable<EvaluateOptions<never, never>> = {
  keys: { name: 'text', cases: 'list', run: 'function', scorers: 'list', repeats: 'number', width: 'number' },
  hints: { data: 'The option is "cases".', task: 'The option is "run".', scores: 'The option is "scorers".' },
};

async function tryCase<Input, Expected>(
  given: Case<Input, Expected>,
  attempt: number,
  { run, scorers }: EvaluateOptions<Input, Expected>,
): Promise<Attempt> {
  const [ran] = await Promise.allSettled([(async () => run(given, attempt))()]);
  if (ran.status === 'rejected') {
    const why = `the attempt threw: ${String(ran.reason)}`;
    const scores = Object.fromEntries(scorers.map(({ name }) => [name, { score: 0, why }]));
    return { status: 'threw', scores, mean: 0, tokens: 0, cost: 0, durationMs: 0 };
  }
  const { status, usage, durationMs } = ran.value;
  const scores: Record<string, Score> = {};
  for (const scorer of scorers) scores[scorer.name] = await scoreOutcome(scorer, ran.value, given);
  const total = computeMean(Object.values(scores).map(({ score }) => score));
  return { status, scores, mean: total, tokens: usage.totalTokens, cost: usage.cost, durationMs };
}

async function scoreOutcome<Input, Expected>(
  scorer: Scorer<Input, Expected>,
  outcome: Outcome<unknown>,
  given: Case<Input, Expected>,
): Promise<Score> {
  try {
    const found = await scorer.score(outcome, given);
    if (found.score >= 0 && found.score <= 1) return found;
    return { score: 0, why: `the scorer returned ${found.score}, which is not from 0 to 1` };
  } catch (error) {
    return { score: 0, why: `the scorer threw: ${String(error)}` };
  }
}

async function runParallel<A, B>(all: readonly A[], width: number, work: (one: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  const left = all.entries();
  const runWorker = async (): Promise<void> => {
    for (const [index, one] of left) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: width }, runWorker));
  return results;
}
