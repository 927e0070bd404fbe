import { isRecord } from '../base/json.ts';
import type { MendList } from './mend-list.ts';
import type { CompletionUsage } from './reply.ts';

/** Whether a server counted anything at all: some send zeros in every chunk, or in place of a count. */
export function isCounted(usage: unknown): usage is Record<string, unknown> {
  return isRecord(usage) && COUNTS.some((name) => (countOf(usage[name]) ?? 0) > 0);
}

const PROMPT = ['prompt_tokens', 'input_tokens'];
const COMPLETION = ['completion_tokens', 'output_tokens'];
const TOTAL = 'total_tokens';
const COUNTS = [...PROMPT, ...COMPLETION, TOTAL];
const COUNTED: ReadonlySet<string> = new Set(COUNTS);

/** A count of tokens; digits in a text count as well. */
function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** What a server counted, in the documented form. A count that is missing follows from the others. */
export function readUsage(wire: Readonly<Record<string, unknown>>, mends: MendList): CompletionUsage {
  const given = {
    prompt: read(wire, { names: PROMPT, mends }),
    completion: read(wire, { names: COMPLETION, mends }),
    total: read(wire, { names: [TOTAL], mends }),
  };
  const prompt = given.prompt ?? rest(given.total, given.completion);
  const completion = given.completion ?? rest(given.total, prompt);
  if (given.prompt === undefined) mends.add('usage.prompt_tokens', `missing: now ${prompt}`);
  if (given.completion === undefined) mends.add('usage.completion_tokens', `missing: now ${completion}`);
  const others: [string, unknown][] = [];
  for (const name of Object.keys(wire)) {
    if (COUNTED.has(name) || wire[name] === null) continue;
    others.push([name, details(wire[name], { path: name, mends })]);
  }
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: totalOf({ total: given.total, sum: prompt + completion }, mends),
    ...(others.length > 0 && (Object.fromEntries(others) as object)),
  };
}

interface Reading {
  readonly names: readonly string[];
  readonly mends: MendList;
}

function read(wire: Readonly<Record<string, unknown>>, { names, mends }: Reading): number | undefined {
  const [documented = ''] = names;
  // Nearly every server uses the documented name.
  const count = wire[documented];
  if (typeof count === 'number' && count > 0 && countOf(count) !== undefined) return count;
  const given = names.filter((name) => countOf(wire[name]) !== undefined);
  // A zero says less than what is counted under the other name.
  const name = given.find((each) => countOf(wire[each]) !== 0) ?? given[0];
  if (name === undefined) return undefined;
  if (typeof wire[name] === 'string') mends.add(`usage.${name}`, 'a text, read as a number');
  if (name !== documented) mends.add(`usage.${name}`, `read as ${documented}`);
  return countOf(wire[name]);
}

function rest(total = 0, other = 0): number {
  return Math.max(0, total - other);
}

interface Totals {
  readonly total: number | undefined;
  readonly sum: number;
}

/** More than the sum is the server's own affair: some count reasoning in the total alone. */
function totalOf({ total, sum }: Totals, mends: MendList): number {
  if (total !== undefined && total >= sum) return total;
  const was = total === undefined ? 'missing' : `${total}, less than its parts`;
  mends.add('usage.total_tokens', `${was}: now their sum`);
  return sum;
}

interface Detailing {
  readonly path: string;
  readonly mends: MendList;
}

/** The documented details are objects of counts; what is none would spoil every sum that it enters. */
function details(value: unknown, { path, mends }: Detailing): unknown {
  if (!isRecord(value) || !path.endsWith('_tokens_details')) return value;
  if (isClean(value)) return value;
  const counts = new Map<string, unknown>();
  for (const [name, field] of Object.entries(value)) {
    const count = countIn(name, field);
    if (field !== null && count !== field) {
      mends.add(`usage.${path}.${name}`, count === undefined ? 'no count, left out' : 'a text, read as a number');
    }
    if (count !== undefined && count !== null) counts.set(name, count);
  }
  return Object.fromEntries(counts);
}

function countIn(name: string, field: unknown): unknown {
  return name.endsWith('_tokens') ? countOf(field) : field;
}

/** Whether there is nothing to mend in it. */
function isClean(value: Readonly<Record<string, unknown>>): boolean {
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (field === null || field === undefined || countIn(name, field) !== field) return false;
  }
  return true;
}
