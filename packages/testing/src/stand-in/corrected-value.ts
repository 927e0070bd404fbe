import type { Json } from '@pawl/core';
import { patternOf } from './admit.ts';
import { closest } from './closest.ts';
import { isObject, readJson } from './json.ts';

/** The field has to go. */
export const REMOVED: unique symbol = Symbol('removed');

/** A value changed so that it is what an error asks for; `undefined` where it gives nothing to go by. */
export function valueAsAsked(before: Json | undefined, asked: string): Json | undefined {
  const meant = /did you mean:?\s+["'`“]([^"'`”]+)["'`”]/i.exec(asked)?.[1];
  if (meant !== undefined) return meant;
  return optionFor(before, asked) ?? withinBounds(before, asked) ?? ofType(before, asked) ?? matching(before, asked);
}

/** `expected one of "a"|"b"`, `expected "a"`. */
function optionFor(before: Json | undefined, asked: string): Json | undefined {
  const [, list] =
    /\b(?:one of|expected)\s*:?\s*\[?((?:["'][^"']*["']|-?\d+(?=\s*[|,]))(?:\s*(?:[|,]|or)\s*(?:["'][^"']*["']|-?\d+))*)/i.exec(
      asked,
    ) ?? [];
  if (list === undefined) return undefined;
  const options = [...list.matchAll(/["']([^"']*)["']|(-?\d+)/g)].map(([, text, number]) => text ?? Number(number));
  const texts = options.filter((option) => typeof option === 'string');
  const alike = typeof before === 'string' ? closest(before, texts) : undefined;
  return alike ?? options[0];
}

const AT_MOST =
  /(?:<=|≤|at most|less than or equal to|no more than|not exceed|max(?:imum)?(?: is|:| of)?)\s*(-?\d+(?:\.\d+)?)/i;
const AT_LEAST =
  /(?:>=|≥|at least|greater than or equal to|no less than|min(?:imum)?(?: is|:| of)?)\s*(-?\d+(?:\.\d+)?)/i;
const BELOW = /(?:<|\bless than|\bbelow)\s*(-?\d+(?:\.\d+)?)/i;
const ABOVE = /(?:>|\bgreater than|\bmore than|\babove)\s*(-?\d+(?:\.\d+)?)/i;
const BETWEEN = /between\s+(-?\d+(?:\.\d+)?)\s+and\s+(-?\d+(?:\.\d+)?)/i;
const MULTIPLE = /multiple of\s+(-?\d+(?:\.\d+)?)/i;

function withinBounds(before: Json | undefined, asked: string): Json | undefined {
  const [, low, high] = BETWEEN.exec(asked) ?? [];
  const most = numberIn(high) ?? numberIn(AT_MOST.exec(asked)?.[1]) ?? beside(BELOW.exec(asked)?.[1], -1);
  const least = numberIn(low) ?? numberIn(AT_LEAST.exec(asked)?.[1]) ?? beside(ABOVE.exec(asked)?.[1], 1);
  const step = numberIn(MULTIPLE.exec(asked)?.[1]);
  if (most === undefined && least === undefined && step === undefined) return undefined;
  if (typeof before === 'string' || Array.isArray(before)) {
    return most !== undefined && before.length > most ? before.slice(0, most) : undefined;
  }
  if (typeof before !== 'number') return undefined;
  const stepped = step === undefined ? before : Math.round(before / step) * step;
  return Math.max(Math.min(stepped, most ?? stepped), least ?? Number.NEGATIVE_INFINITY);
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function beside(bound: string | undefined, step: number): number | undefined {
  return bound === undefined ? undefined : Number(bound) + step;
}

/** The same value as another type, where it has such a form. */
function ofType(before: Json | undefined, asked: string): Json | undefined {
  const [, type] =
    /\b(?:expected|must be|should be)(?: an?)?(?: valid)? (int|integer|number|string|boolean|array|list|object)\b/i.exec(
      asked,
    ) ?? [];
  if (before === undefined || before === null) return undefined;
  switch (type?.toLowerCase()) {
    case 'int':
    case 'integer':
      return numeric(before) === undefined ? undefined : Math.round(numeric(before) ?? 0);
    case 'number':
      return numeric(before);
    case 'string':
      return typeof before === 'object' ? JSON.stringify(before) : String(before);
    case 'boolean':
      return /^(?:true|yes|1)$/i.test(String(before));
    case 'array':
    case 'list':
      return Array.isArray(before) ? undefined : [before];
    case 'object': {
      const parsed = typeof before === 'string' ? readJson(before) : undefined;
      return isObject(parsed) ? parsed : undefined;
    }
  }
  return undefined;
}

function numeric(value: Json): number | undefined {
  const [digits] = /-?\d+(?:\.\d+)?/.exec(String(value)) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** `must match pattern /^[A-Z]{3}$/`: in capitals, in small letters, or without spaces it may. */
function matching(before: Json | undefined, asked: string): Json | undefined {
  const [, source] = /pattern:?\s*["'/](.+?)["'/](?:[a-z]*)(?:$|[\s,.])/.exec(asked) ?? [];
  if (source === undefined || typeof before !== 'string') return undefined;
  const pattern = patternOf(source);
  const forms = [before.toUpperCase(), before.toLowerCase(), before.trim(), before.replaceAll(/\W/g, '')];
  return forms.find((form) => form !== before && pattern?.test(form));
}
