import type { JsonObject } from '../base/json.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { toError } from '../event/error-data.ts';
import type { CompletedOutcome, LimitName, Outcome } from '../event/outcome.ts';
import type { ChildRun, StepRunner } from '../host/step-runner.ts';
import { ToolError } from '../tool/errors.ts';
import type { Scope } from './scope.ts';
import { addPath } from './step.ts';

/** What a nested run gets from its outer run. */
export interface OuterRun {
  readonly scope: Scope;
  /** Records the steps of the nested run. */
  readonly stepRunner: StepRunner;
  readonly path: string;
  /** Each replaces the limit of the agent. */
  readonly limits?: Readonly<Partial<Record<LimitName, number>>>;
  /** The first state of the run. @defaultValue what the schema makes of an empty object */
  readonly state?: JsonObject;
  /** Whether the run rejects with an `OtherRunError` if another agent or another input is recorded at this path. @defaultValue false */
  readonly refusesOther?: boolean;
}

/** Runs an agent or a flow inside a run. Rejects only with a `HostError`, or with an `OtherRunError`. */
export type Delegate = (input: unknown, outer: OuterRun) => Promise<NestedRun>;

export interface NestedRun {
  readonly outcome: Outcome<unknown>;
  /** Makes the output of the tool from a completed outcome. @defaultValue the output of the nested run */
  readonly extractOutput?: (outcome: CompletedOutcome<unknown>) => Promise<unknown>;
  /** Emits the `run.finished` event of the nested run. */
  readonly emitFinished: (how: { readonly replayed: boolean }) => void;
  /** Resolves for code that awaits the run, or rejects with a `RunError`. */
  readonly settle: () => Promise<CompletedOutcome<unknown>>;
}

/** Begins a run inside the run of the scope. The one way to do so, for the calls of a model and for code. */
export function createChild<T>(scope: Scope, name: string, body: (outer: OuterRun) => Promise<T>): ChildRun<T> {
  return {
    type: 'child',
    name,
    body: (stepRunner) => body({ scope, stepRunner, path: addPath(scope, name) }),
  };
}

/** Another agent or another input began the run at this path. */
export class OtherRunError extends Error {
  override readonly name = 'OtherRunError';
}

type IncompleteOutcome = Exclude<Outcome<unknown>, { status: 'completed' }>;

/** A nested run did not complete. The model reads why. A suspended run is suspended whatever middleware or code makes of the error. */
export class NestedRunError extends ToolError {
  readonly outcome: IncompleteOutcome;

  constructor(outcome: IncompleteOutcome, agent: string) {
    super(`The agent "${agent}" returned no answer. ${describeEnd(outcome)}`);
    this.outcome = outcome;
  }
}

function describeEnd(outcome: IncompleteOutcome): string {
  switch (outcome.status) {
    case 'suspended':
      return 'It waits for an external answer.';
    case 'limited':
      return `It reached its limit: ${outcome.limit}.${quoteText(outcome.text)}`;
    case 'truncated':
      return `Its response was cut off by the token limit.${quoteText(outcome.text)}`;
    case 'filtered':
      return "The server's content filter stopped its response.";
    case 'refused':
      return `It refused: ${outcome.refusal}`;
    case 'aborted':
      return `It was aborted: ${outcome.reason}`;
    case 'failed':
      return `It failed: ${describeForModel(toError(outcome.error))}`;
  }
}

function quoteText(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : ` Its text so far:\n${text}`;
}
