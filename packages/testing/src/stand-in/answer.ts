import type { Json, JsonObject } from '@pawl/core';
import { sliceStart } from '../compare/slice-start.ts';
import type { Call, Conversation, MadeCall } from './conversation.ts';
import { isObject, readJson } from './json.ts';
import type { Plan } from './plan.ts';
import { isSameCall, type Pursuit } from './pursue.ts';

/** Said at the end of every answer. */
export const CONFESSION = "This is Pawl's offline stand-in, which follows rules and is not a language model.";

/** The answer in sentences and lines: what each call found, what was changed for it, and what could not be done. */
export function answerText(
  { plan, conversation }: { readonly plan: Plan; readonly conversation: Conversation },
  { tools }: { readonly tools: readonly string[] },
): string {
  const lines = findings(plan, conversation);
  if (lines.length > 0)
    return `${lines.length === 1 ? lines[0] : lines.map((line) => `- ${line}`).join('\n')}\n\n${CONFESSION}`;
  return `${withoutFindings(conversation, tools)}\n\n${CONFESSION}`;
}

/** One line for each call, and one for each task that came to none. */
export function findings({ pursuits, unfilled }: Plan, { calls }: Conversation): readonly string[] {
  const told = pursuits.flatMap(({ tries }) => tries);
  const others = calls.filter((made) => made.isCurrent && !told.some((own) => isSameCall(own, made)));
  return [
    ...others.map((made) => otherLine(made)),
    ...pursuits.flatMap((pursuit) => lineOf(pursuit)),
    ...unfilled.map(
      ({ tool, missing }) => `${tool} was not called: neither the question nor a result gives ${listed(missing)}.`,
    ),
  ];
}

function lineOf(pursuit: Pursuit): readonly string[] {
  const first = pursuit.tries.at(0);
  const last = pursuit.tries.at(-1);
  switch (pursuit.type) {
    case 'open':
      return [`${titleOf(pursuit.call)} was not called: no more calls may be made.`];
    case 'done': {
      if (first === undefined || last === undefined) return [];
      const reason =
        first.outcome.type === 'failed' ? ` (${changes(first, last)}, since: ${inLine(first.outcome.message)})` : '';
      return [`${titleOf(last)}: ${rendered(pursuit.result, last.arguments)}${reason}`];
    }
    case 'failed': {
      if (last === undefined) return [];
      const verdict = pursuit.isDenied
        ? 'was not done'
        : pursuit.tries.length > 1
          ? 'failed, also when corrected'
          : 'failed';
      return [`${titleOf(last)} ${verdict}: ${inLine(pursuit.message)}`];
    }
  }
}

function otherLine(made: MadeCall): string {
  const { outcome } = made;
  switch (outcome.type) {
    case 'succeeded':
      return `${titleOf(made)}: ${rendered(outcome.text, made.arguments)}`;
    case 'denied':
      return `${titleOf(made)} was not done: ${inLine(outcome.message)}`;
    case 'failed':
      return `${titleOf(made)} failed: ${inLine(outcome.message)}`;
  }
}

/** `get_forecast (city: Oslo, days: 7)`. */
function titleOf({ name, arguments: given }: Call): string {
  const text = plain(given);
  return text === '' ? name : `${name} (${inLine(text)})`;
}

function changes(first: Call, last: Call): string {
  if (first.name !== last.name) return `called in place of ${first.name}`;
  const names = [...new Set([...Object.keys(first.arguments), ...Object.keys(last.arguments)])];
  const changed = names.filter(
    (name) => JSON.stringify(first.arguments[name]) !== JSON.stringify(last.arguments[name]),
  );
  return changed.map((name) => `${name} was ${plain(first.arguments[name] ?? null)} at first`).join(', ');
}

/** A result to read: JSON as `key: value`, without what only repeats the arguments. */
function rendered(result: string, given: JsonObject): string {
  const value = readJson(result);
  if (value === undefined) return inLine(result) || 'nothing';
  if (!isObject(value)) return inLine(plain(value)) || 'nothing';
  const news = Object.entries(value).filter(([key, field]) => JSON.stringify(given[key]) !== JSON.stringify(field));
  return inLine(plain(Object.fromEntries(news))) || 'done';
}

function plain(value: Json): string {
  if (Array.isArray(value))
    return value.map((each: Json) => (isObject(each) ? `(${plain(each)})` : plain(each))).join(', ');
  if (!isObject(value)) return String(value);
  return Object.entries(value)
    .map(([key, field]) => (isObject(field) ? `${key}: (${plain(field)})` : `${key}: ${plain(field)}`))
    .join(', ');
}

function inLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${sliceStart(line, LONGEST)}…` : line;
}

const LONGEST = 240;

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

function withoutFindings({ question }: Conversation, tools: readonly string[]): string {
  const asked = question === '' ? 'Nothing was asked.' : `The question was: "${inLine(question)}"`;
  if (tools.length === 0) return `There are no tools in this request, so nothing can be looked up or done. ${asked}`;
  return `None of the tools here (${tools.join(', ')}) was called for this. ${asked}`;
}
