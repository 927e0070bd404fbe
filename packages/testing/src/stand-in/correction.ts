import type { Json, JsonObject } from '@pawl/core';
import { sliceStart } from '../compare/slice-start.ts';
import { closest } from './closest.ts';
import type { Call } from './conversation.ts';
import { REMOVED, valueAsAsked } from './corrected-value.ts';
import { isSameJson } from './json.ts';
import { stem, wordsOf } from './words.ts';

/**
 * The call again, changed as its error asks for; `undefined` where the error gives nothing to go by.
 *
 * Reads lines like `days: expected number to be <=7, got 10`, `expected one of "a"|"b"` and `Did you mean "x"?`.
 */
export function correctedCall(
  call: Call,
  { message, tools }: { readonly message: string; readonly tools: readonly string[] },
): Call | undefined {
  if (/\btool\b/i.test(message) && (/^there is no tool/i.test(message) || /unknown tool/i.test(message))) {
    const meant = meantText(message) ?? closest(call.name, tools);
    return meant !== undefined && meant !== call.name && tools.includes(meant) ? { ...call, name: meant } : undefined;
  }
  const changed = correctedObject(call.arguments, message);
  return changed === undefined ? undefined : { ...call, arguments: changed };
}

/** An object with what the issues ask for; `undefined` where nothing changes. */
export function correctedObject(given: JsonObject, told: string): JsonObject | undefined {
  const message = sliceStart(told, LONGEST_ERROR);
  let changed: Json = given;
  for (const line of message.split('\n')) changed = byLine(changed, line);
  if (isSameJson(changed, given)) changed = byHint(given, message);
  if (isSameJson(changed, given)) changed = byAlternative(given, message);
  return isSameJson(changed, given) ? undefined : (changed as JsonObject); // Only fields of it were changed.
}

const LONGEST_ERROR = 1_000;

/** One line `path: what was expected`. */
function byLine(value: Json, line: string): Json {
  const [, path = '', asked = ''] = /^\s*[-*]?\s*["'`]?([\w$]+(?:\.[\w$]+|\[\d+\])*)["'`]?:\s+(.+)$/.exec(line) ?? [];
  const keys = path.match(/[\w$]+/g) ?? [];
  const unknown = /unrecognized keys?:? (.+)$/i.exec(line)?.[1]?.match(/"[^"]+"/g);
  if (unknown != null) {
    const parents = path === 'arguments' ? [] : keys;
    return unknown.reduce(
      (rest, key) => changedAt(rest, { keys: [...parents, key.slice(1, -1)], change: () => REMOVED }),
      value,
    );
  }
  return keys.length === 0 ? value : changedAt(value, { keys, change: (before) => valueAsAsked(before, asked) });
}

interface Change {
  readonly keys: readonly string[];
  readonly change: (before: Json | undefined) => Json | typeof REMOVED | undefined;
}

function changedAt(value: Json, { keys, change }: Change): Json {
  const [key, ...rest] = keys;
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  const fields = new Map<string, Json>(Object.entries(value));
  const before = fields.get(key);
  const after =
    rest.length === 0 ? change(before) : before === undefined ? undefined : changedAt(before, { keys: rest, change });
  if (after === undefined) return value;
  if (after === REMOVED) fields.delete(key);
  else fields.set(key, after);
  return Array.isArray(value) ? [...fields.values()] : Object.fromEntries(fields);
}

/** An error without a path: a hint, a bound or a list of what there is goes to the one argument that it fits. */
function byHint(given: JsonObject, message: string): JsonObject {
  const meant = meantText(message);
  if (meant !== undefined) return withMeant(given, { message, meant });
  const options = optionsIn(message);
  for (const [name, before] of Object.entries(given)) {
    if (typeof before === 'string' && options.length > 0 && !options.includes(before)) {
      const option = closest(before, options);
      if (option !== undefined) return { ...given, [name]: option };
    }
    const isMeant = message.toLowerCase().includes(name.toLowerCase()) || isOnlyNumber(given, name);
    const bounded = isMeant && typeof before === 'number' ? valueAsAsked(before, message) : undefined;
    if (typeof bounded === 'number' && bounded !== before) return { ...given, [name]: bounded };
  }
  return given;
}

function meantText(message: string): string | undefined {
  return /did you mean:?\s+["'`“]?([^"'`”?\n]+?)["'`”]?\s*\?/i.exec(message)?.[1];
}

/** The argument that the error quotes; otherwise the one that looks most like what was meant. */
function withMeant(
  given: JsonObject,
  { message, meant }: { readonly message: string; readonly meant: string },
): JsonObject {
  const texts = Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const quoted = texts.find(([, value]) => value !== meant && message.includes(value));
  const alike = closest(
    meant,
    texts.map(([, value]) => value),
  );
  const [name] = quoted ?? texts.find(([, value]) => value === alike) ?? (texts.length === 1 ? (texts[0] ?? []) : []);
  return name === undefined ? given : { ...given, [name]: meant };
}

/** `Known currencies: EUR, NOK.` */
function optionsIn(message: string): readonly string[] {
  const [, list = ''] =
    /\b(?:known|valid|allowed|supported|available|possible|one of)\b[^:\n]*:\s*([^\n]+)/i.exec(message) ?? [];
  return list
    .replace(/\.\s*$/, '')
    .split(/\s*(?:,|\||\bor\b|\band\b)\s*/)
    .map((option) => option.replaceAll(/["'`]/g, '').trim())
    .filter((option) => option !== '');
}

function isOnlyNumber(given: JsonObject, name: string): boolean {
  const numbers = Object.entries(given).filter(([, value]) => typeof value === 'number');
  return numbers.length === 1 && numbers[0]?.[0] === name;
}

/** "There is no order 41. The customer has order 42.": another value of the same name. */
function byAlternative(given: JsonObject, message: string): JsonObject {
  for (const [name, before] of Object.entries(given)) {
    if ((typeof before !== 'string' && typeof before !== 'number') || !message.includes(String(before))) continue;
    const words = wordsOf(name).map(stem);
    for (const [, word = '', value = ''] of message.matchAll(/([\p{L}_]+)\s+["'#]?([\p{L}\d_-]*\d[\p{L}\d_-]*)/gu)) {
      if (!words.includes(stem(word)) || value === String(before)) continue;
      if (typeof before === 'string') return { ...given, [name]: value };
      if (/^\d+$/.test(value)) return { ...given, [name]: Number(value) };
    }
  }
  return given;
}
