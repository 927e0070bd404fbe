import type { JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { isSameJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import { splitWords } from './words.ts';

/**
 * Applies the changes that an error message asks for: `days: expected number to be <=7`, or a sentence about one value.
 * `undefined` if nothing changes.
 */
export function correctObject(given: JsonObject, message: string): JsonObject | undefined {
  const lines = sliceStart(message, 1_000).split('\n');
  const entries = Object.entries(given).map(([name, before], _, all): [string, Json] => {
    // Field names may contain regular expression syntax; their words contain none.
    const label = splitWords(name).join('\\W*');
    const named = lines.find((line) => new RegExp(`\\b${label}\\b`, 'i').test(line));
    const line = named ?? lines.find((each) => all.length === 1 || each.includes(String(before)));
    return [name, line === undefined ? before : correctValue(before, line, label)];
  });
  const changed = Object.fromEntries(entries);
  return isSameJson(changed, given) ? undefined : changed;
}

const AT_MOST = /(?:<=?|≤|at most|less than(?: or equal to)?|no more than|between .+? and)\s*(-?[\d.]*\d)/i;
const AT_LEAST = /(?:>=?|≥|at least|greater than(?: or equal to)?|between)\s*(-?[\d.]*\d)/i;

/** Returns the value that the message asks for, else the value itself. */
function correctValue(before: Json, asked: string, label: string): Json {
  if (typeof before !== 'string' && typeof before !== 'number') return before;
  const options = findOptions(asked);
  const start = String(before).slice(0, 2).toLowerCase();
  const alike = options.find((option) => option.toLowerCase().startsWith(start)) ?? options[0];
  if (typeof before === 'string' && alike !== undefined) return alike;
  const most = Number(AT_MOST.exec(asked)?.[1] ?? Number.POSITIVE_INFINITY);
  const least = Number(AT_LEAST.exec(asked)?.[1] ?? Number.NEGATIVE_INFINITY);
  const bounded = typeof before === 'string' ? before.slice(0, most) : Math.max(Math.min(before, most), least);
  if (bounded !== before) return bounded;
  const [, type] = /\b(?:expected|must be|should be)(?: an?)?(?: valid)? (int|number|string)/i.exec(asked) ?? [];
  const [digits] = /-?\d+(?:\.\d+)?/.exec(String(before)) ?? [];
  if (type === 'string') return String(before);
  if (type !== undefined && digits !== undefined) return type === 'int' ? Math.round(Number(digits)) : Number(digits);
  // "There is no order 41. The customer has order 42.": takes the other value with the same label.
  const others = [...asked.matchAll(new RegExp(`\\b${label}\\s+["'#]?([\\w-]*\\d[\\w-]*)`, 'gi'))].flatMap(
    ([, value = '']) => value,
  );
  const other = others.includes(String(before)) ? others.find((value) => value !== String(before)) : undefined;
  return other === undefined ? before : typeof before === 'number' ? Number(other) : other;
}

/** `Did you mean "Oslo"?`, `expected one of "a"|"b"`, `allowed units: C, F` */
function findOptions(asked: string): readonly string[] {
  const [, meant] = /did you mean:?\s+(["'`“]?[^"'`”?\n]+?["'`”]?)\s*\?/i.exec(asked) ?? [];
  const [, quoted] = /\b(?:one of|expected):?\s*\[?((?:["'][^"']*["'](?:\s*(?:[|,]|or)\s*)?)+)/i.exec(asked) ?? [];
  const [, listed] = /\b(?:known|valid|allowed|supported|available)\b[^:\n]*:\s*([^\n]+)/i.exec(asked) ?? [];
  const options = (meant ?? quoted ?? listed ?? '').split(/\s*(?:[|,]|\bor\b|\band\b)\s*/);
  return options.map((option) => option.replaceAll(/["'`“”]|\.\s*$/g, '').trim()).filter((option) => option !== '');
}
