import type { JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { isObject, isSameJson, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import type { Call } from './conversation.ts';
import type { Pursuit } from './plan.ts';

/** The end of every answer. */
export const CONFESSION = "This is Pawl's offline stand-in, which follows rules and is not a language model.";

/** The answer in lines: what each call found, what was changed for it, and what could not be done. */
export function answerText(lines: readonly string[], question: string, names: readonly string[]): string {
  const asked = question === '' ? 'Nothing was asked.' : `The question was: "${inLine(question)}"`;
  const none = 'There are no tools in this request, so nothing can be looked up or done.';
  const nothing = names.length === 0 ? none : `None of the tools here (${names.join(', ')}) was called for this.`;
  const text = lines.length > 1 ? `- ${lines.join('\n- ')}` : (lines[0] ?? `${nothing} ${asked}`);
  return `${text}\n\n${CONFESSION}`;
}

/** One line about a call and its corrections. */
export function findingOf({ tries, next }: Pursuit): string {
  if (next !== undefined) return `${titleOf(next)} was not called: no more calls may be made.`;
  const [first] = tries;
  const last = tries.at(-1) ?? first;
  if (last === undefined || first === undefined) return '';
  const title = titleOf(last);
  if (last.outcome === 'denied') return `${title} was not done: ${inLine(last.text)}`;
  if (last.outcome === 'failed')
    return `${title} failed${tries.length > 1 ? ', also when corrected' : ''}: ${inLine(last.text)}`;
  const changes = Object.entries(changesTo(first.arguments, last.arguments));
  const told = changes.map(([name, value]) => `${name} was ${plainText(value)} at first`).join(', ');
  const reason = first === last ? '' : ` (${told}, since: ${inLine(first.text)})`;
  return `${title}: ${resultText(last.text, last.arguments)}${reason}`;
}

/** `get_forecast (city: Oslo, days: 7)`. */
function titleOf({ name, arguments: given }: Call): string {
  return Object.keys(given).length === 0 ? name : `${name} (${inLine(plainText(given))})`;
}

/** The fields that are not the same in another object. */
function changesTo(fields: JsonObject, other: JsonObject): JsonObject {
  const isOther = ([name, value]: [string, Json]): boolean => !isSameJson(value, other[name] ?? null);
  return Object.fromEntries(Object.entries(fields).filter(isOther));
}

/** A result to read: JSON as `key: value`, without the fields that only repeat the arguments. */
function resultText(result: string, given: JsonObject): string {
  const value = readJson(result) ?? result;
  return inLine(plainText(isObject(value) ? changesTo(value, given) : value)) || (isObject(value) ? 'done' : 'nothing');
}

function plainText(value: Json): string {
  const inner = (each: Json): string => (isObject(each) ? `(${plainText(each)})` : plainText(each));
  if (Array.isArray(value)) return value.map(inner).join(', ');
  if (!isObject(value)) return String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${inner(field)}`);
  return fields.join(', ');
}

function inLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 240 ? `${sliceStart(line, 240)}…` : line;
}
