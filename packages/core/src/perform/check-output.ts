import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import type { Json, ParseResult } from '../base/json.ts';
import { findOverflow, parseJson } from '../base/json.ts';
import { describeValue } from '../base/options.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import type { JournalEvent, OutputCheckedEvent } from '../event/journal-event.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { CheckOutput } from '../loop/action.ts';
import type { CompiledOutput } from '../schema/compile-output.ts';
import { ToolError } from '../tool/errors.ts';
import { createMiddlewareScope, finishRuns, MiddlewareRequests } from './middleware-scope.ts';
import { withReplayedRuns } from './replay-runs.ts';
import type { Scope } from './scope.ts';
import { createEventStep, type FailureEvent, stamp, toFailure } from './step.ts';

/** Validates the last response as the agent's output. Records its JSON before the schema transforms it. */
export async function checkOutput(action: CheckOutput, scope: Scope): Promise<JournalEvent> {
  const { turn } = action;
  const requests = new MiddlewareRequests(scope, turn);
  const check = async (): Promise<OutputCheckedEvent | FailureEvent> => {
    try {
      const result = await runUntilCancelled(scope.cancellation, () => validateOutput(action, { scope, requests }));
      return { type: 'output.checked', turn, result, ...requests.usageFields, ...stamp(scope) };
    } catch (error) {
      return toFailure(error, { turn, scope, usage: requests.usage, failedAttempts: [] });
    }
  };
  const name = formatTurnStep('output', turn);
  const work = (): Promise<JournalEvent> => finishRuns(check, requests);
  const step = createEventStep<JournalEvent>(scope, { name, effect: 'read', work });
  const event = await scope.stepRunner.step(withReplayedRuns(step, { scope, segment: name }));
  requests.end(); // The event has charged the usage.
  return event;
}

interface CheckScope {
  readonly scope: Scope;
  /** The requests of the validator. */
  readonly requests: MiddlewareRequests;
}

async function validateOutput(
  action: CheckOutput,
  { scope, requests }: CheckScope,
): Promise<OutputCheckedEvent['result']> {
  const { output, validate } = scope.definition;
  const read = output === undefined ? readText(action) : await readOutput(action, { output, scope });
  if (!read.ok) return read;
  if (validate !== undefined) {
    const { turn } = action;
    const issues = await findProblem(
      () =>
        validate(
          read.value as never,
          createMiddlewareScope(scope, { turn, requests, segment: formatTurnStep('output', turn) }),
        ), // The schema checked its type.
    );
    if (issues !== undefined) return { ok: false, issues, isRejected: true };
  }
  return { ok: true, value: read.json };
}

/** @throws ConfigError if the validator returned neither nothing nor a text, and what the validator throws */
async function findProblem(validate: () => unknown): Promise<string | undefined> {
  try {
    const problem = await validate();
    if (problem === undefined || problem === null) return undefined;
    if (typeof problem === 'string') return problem;
    throw new ConfigError(
      `validate returned ${describeValue(problem)}. Return nothing for a good output, or a text that says what is wrong.`,
    );
  } catch (error) {
    if (ToolError.isInstance(error)) return error.message;
    throw error;
  }
}

type ReadOutput =
  | { readonly ok: true; readonly json: Json; readonly value: unknown }
  | Extract<OutputCheckedEvent['result'], { ok: false }>;

function readText({ text }: CheckOutput): ReadOutput {
  return { ok: true, json: text, value: text };
}

/** Reports an error that the schema throws as an issue, like for a tool's input. */
async function readOutput(
  { turn, text }: CheckOutput,
  { output, scope: { events } }: { readonly output: CompiledOutput; readonly scope: Scope },
): Promise<ReadOutput> {
  const parsed = parseOutput(text);
  if (!parsed.ok) return { ok: false, issues: `not valid JSON: ${parsed.problem}` };
  try {
    const texts = output.findJsonTexts(parsed.value);
    const repairs = texts.map((path) => ({
      path: `message.content${path && `.${path}`}`,
      note: 'JSON as a text: parsed',
    }));
    if (repairs.length > 0) void events.emitLiveEvent({ type: 'response.repaired', turn, repairs }); // A repair needs no backpressure.
    const validated = await output.validate(parsed.value);
    if (!validated.ok) return validated;
    return { ok: true, json: parsed.value as Json, value: validated.value }; // `JSON.parse` returns JSON.
  } catch (error) {
    return { ok: false, issues: describeForModel(error) };
  }
}

/** Parses a text as JSON. Rejects numbers too large for a double, which would be stored as another value. */
export function parseOutput(text: string): ParseResult {
  const json = removeFence(text);
  const parsed = parseJson(json);
  const overflow = parsed.ok ? findOverflow(parsed.value, json) : undefined;
  if (overflow === undefined) return parsed;
  return {
    ok: false,
    problem: `${overflow === '' ? 'the number' : `the number at ${overflow}`} is too large for a double`,
  };
}

/** Removes a Markdown fence, which models often add to JSON. */
function removeFence(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.indexOf('\n');
  if (start === -1 || !trimmed.startsWith('```') || !trimmed.endsWith('```')) return text;
  const language = trimmed.slice(3, start).trim();
  return language === '' || language === 'json' ? trimmed.slice(start, -3) : text;
}
