import { runUntilCancelled } from '../base/cancellation.ts';
import type { Json, ParseResult } from '../base/json.ts';
import { findOverflow, parseJson } from '../base/json.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import type { JournalEvent, OutputCheckedEvent } from '../event/journal-event.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { CheckOutput } from '../loop/action.ts';
import type { Scope } from './scope.ts';
import { createEventStep, stamp, toInterruption } from './step.ts';

/** Validates the last response as the agent's output. Records its JSON before the schema transforms it. */
export function checkOutput(action: CheckOutput, scope: Scope): Promise<JournalEvent> {
  const { turn } = action;
  const work = async (): Promise<JournalEvent> => {
    try {
      const result = await runUntilCancelled(scope.cancellation, () => validateOutput(action, scope));
      return { type: 'output.checked', turn, result, ...stamp(scope) };
    } catch {
      // Only a cancelled run gets here: the validation itself never throws.
      return toInterruption(scope, { turn, reason: scope.cancellation.reason });
    }
  };
  return scope.stepRunner.step(
    createEventStep<JournalEvent>(scope, { name: formatTurnStep('output', turn), effect: 'read', work }),
  );
}

/** Reports an error that the schema throws as an issue, like for a tool's input. */
async function validateOutput(
  { turn, text }: CheckOutput,
  { definition, events }: Scope,
): Promise<OutputCheckedEvent['result']> {
  const parsed = parseOutput(text);
  if (!parsed.ok) return { ok: false, issues: `not valid JSON: ${parsed.problem}` };
  try {
    const texts = definition.output?.findJsonTexts(parsed.value) ?? [];
    const repairs = texts.map((path) => ({
      path: `message.content${path && `.${path}`}`,
      note: 'JSON as a text: parsed',
    }));
    if (repairs.length > 0) void events.emitLiveEvent({ type: 'response.repaired', turn, repairs }); // A repair needs no backpressure.
    const validated = await definition.output?.validate(parsed.value);
    if (validated?.ok === false) return validated;
  } catch (error) {
    return { ok: false, issues: describeForModel(error) };
  }
  return { ok: true, value: parsed.value as Json }; // `JSON.parse` returns JSON.
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
