import type { JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { isObject, isSameJson, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import type { CallProgress } from './plan-calls.ts';
import type { PlannedCall } from './read-conversation.ts';

/** The end of every answer. */
export const DISCLAIMER = "This is Pawl's offline stand-in, which follows rules and is not a language model.";

/** Formats the answer in lines: the result of each call, corrections, and what failed. */
export function formatAnswer(lines: readonly string[], question: string, names: readonly string[]): string {
  const asked = question === '' ? 'Nothing was asked.' : `The question was: "${toLine(question)}"`;
  const none = 'There are no tools in this request, so nothing can be looked up or done.';
  const nothing = names.length === 0 ? none : `None of the tools here (${names.join(', ')}) was called for this.`;
  const text = lines.length > 1 ? `- ${lines.join('\n- ')}` : (lines[0] ?? `${nothing} ${asked}`);
  return `${text}\n\n${DISCLAIMER}`;
}

/** One line about a call and its corrections. */
export function formatFinding({ tries, next }: CallProgress): string {
  if (next !== undefined) return `${formatTitle(next)} was not called: no more calls may be made.`;
  const [first] = tries;
  const last = tries.at(-1) ?? first;
  if (last === undefined || first === undefined) return '';
  const title = formatTitle(last);
  if (last.outcome === 'denied') return `${title} was not done: ${toLine(last.text)}`;
  if (last.outcome === 'failed')
    return `${title} failed${tries.length > 1 ? ', also when corrected' : ''}: ${toLine(last.text)}`;
  const changes = Object.entries(findChanges(first.arguments, last.arguments));
  const corrections = changes.map(([name, value]) => `${name} was ${formatPlain(value)} at first`).join(', ');
  const reason = first === last ? '' : ` (${corrections}, since: ${toLine(first.text)})`;
  return `${title}: ${formatResultText(last.text, last.arguments)}${reason}`;
}

/** `get_forecast (city: Oslo, days: 7)`. */
function formatTitle({ name, arguments: given }: PlannedCall): string {
  return Object.keys(given).length === 0 ? name : `${name} (${toLine(formatPlain(given))})`;
}

/** The fields whose value differs in another object. */
function findChanges(fields: JsonObject, other: JsonObject): JsonObject {
  const isOther = ([name, value]: [string, Json]): boolean => !isSameJson(value, other[name] ?? null);
  return Object.fromEntries(Object.entries(fields).filter(isOther));
}

/** Formats a result: JSON as `key: value`, without fields that repeat the arguments. */
function formatResultText(result: string, given: JsonObject): string {
  const value = readJson(result) ?? result;
  return (
    toLine(formatPlain(isObject(value) ? findChanges(value, given) : value)) || (isObject(value) ? 'done' : 'nothing')
  );
}

function formatPlain(value: Json): string {
  const formatInner = (each: Json): string => (isObject(each) ? `(${formatPlain(each)})` : formatPlain(each));
  if (Array.isArray(value)) return value.map(formatInner).join(', ');
  if (!isObject(value)) return String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${formatInner(field)}`);
  return fields.join(', ');
}

function toLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 240 ? `${sliceStart(line, 240)}…` : line;
}
