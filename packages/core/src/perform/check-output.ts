import { untilAborted } from '../base/abort.ts';
import type { Json, Parsed } from '../base/json.ts';
import { findOverflow, parseJson } from '../base/json.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import type { Fact, OutputChecked } from '../event/fact.ts';
import type { CheckOutput } from '../loop/action.ts';
import { factStep, interrupted, type Scope, stamp } from './scope.ts';

/** Reads the run's last word as the agent's output. What is remembered is its JSON, before the schema transforms it. */
export function checkOutput({ turn, text }: CheckOutput, scope: Scope): Promise<Fact> {
  const work = async (): Promise<Fact> => {
    try {
      const result = await untilAborted(scope.signal, () => check(text, scope));
      return { type: 'output.checked', turn, result, ...stamp(scope) };
    } catch {
      // The check itself never throws.
      return interrupted(scope, { turn, reason: scope.signal.reason });
    }
  };
  return scope.durable.step(factStep<Fact>(scope, { name: `output:${turn}`, effect: 'read', work }));
}

/** A schema that throws is an issue, as it is in a tool's arguments. */
async function check(text: string, { definition }: Scope): Promise<OutputChecked['result']> {
  const parsed = outputJson(text);
  if (!parsed.ok) return { ok: false, issues: `not valid JSON: ${parsed.problem}` };
  try {
    const validated = await definition.output?.validate(parsed.value);
    if (validated?.ok === false) return validated;
  } catch (error) {
    return { ok: false, issues: describeForModel(error) };
  }
  return { ok: true, value: parsed.value as Json }; // JSON.parse gives nothing else.
}

/** What a text says, as JSON. A number that a double cannot hold would be stored as another value. */
export function outputJson(text: string): Parsed {
  const json = unfenced(text);
  const parsed = parseJson(json);
  const overflow = parsed.ok ? findOverflow(parsed.value, json) : undefined;
  if (overflow === undefined) return parsed;
  return {
    ok: false,
    problem: `${overflow === '' ? 'the number' : `the number at ${overflow}`} is too large for a double`,
  };
}

/** Models like to put JSON into a Markdown fence, also where they were asked not to. */
function unfenced(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.indexOf('\n');
  if (start === -1 || !trimmed.startsWith('```') || !trimmed.endsWith('```')) return text;
  const language = trimmed.slice(3, start).trim();
  return language === '' || language === 'json' ? trimmed.slice(start, -3) : text;
}
