import { isRecord } from '../base/json.ts';
import { type CacheNames, countBilled } from './billed-tokens.ts';
import type { MendList } from './repair-list.ts';
import type { CompletionUsage } from './response.ts';
import * as fields from './usage-fields.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Whether a server counted anything at all: some send zeros in every chunk, or in place of a count. */
export function isCounted(usage: unknown): usage is Record<string, unknown> {
  return isRecord(usage) && COUNTS.some((name) => (countOf(usage[name]) ?? 0) > 0);
}

const COUNTS: readonly string[] = [...fields.PROMPT, ...fields.COMPLETION, fields.TOTAL];
const COUNTED: ReadonlySet<string> = new Set(COUNTS);

/**
 * What a server billed, in the documented form: `prompt_tokens` with what was read from the cache or written to it,
 * `completion_tokens` with the reasoning, their sum, and the details filled, under whatever names the server counts.
 * Its own fields are kept.
 */
export function readUsage(wire: Wire, mends: MendList): CompletionUsage {
  const counts = readCounts(wire, mends);
  const found = {
    cacheReads: find(wire, fields.CACHE_READS),
    cacheWrites: find(wire, fields.CACHE_WRITES),
    citations: find(wire, fields.CITATIONS),
    reasoning: find(wire, fields.REASONING),
  };
  const billed = countBilled({
    ...counts,
    cacheReads: found.cacheReads?.count ?? 0,
    cacheWrites: found.cacheWrites?.count ?? 0,
    cacheNames: classifyCacheNames(wire),
    citations: countCitationsBeside(found.citations, counts.prompt),
    reasoning: found.reasoning?.count ?? 0,
  });
  const others = readOthers(wire, mends);
  fill(others, fields.CACHED_TOKENS, { found: found.cacheReads, max: billed.prompt, mends });
  fill(others, fields.CACHE_WRITE_TOKENS, { found: found.cacheWrites, max: billed.prompt, mends });
  fill(others, fields.CITATION_TOKENS, { found: found.citations, max: billed.prompt, mends });
  fill(others, fields.REASONING_TOKENS, { found: found.reasoning, max: billed.completion, mends });
  return {
    prompt_tokens: correctCount('prompt_tokens', { was: counts.prompt, is: billed.prompt }, mends),
    completion_tokens: correctCount('completion_tokens', { was: counts.completion, is: billed.completion }, mends),
    total_tokens: totalOf(counts.total, billed.prompt + billed.completion, mends),
    ...(Object.fromEntries(others) as object),
  };
}

/** A count that is missing follows from the others. */
function readCounts(wire: Wire, mends: MendList) {
  const given = {
    prompt: read(wire, fields.PROMPT, mends),
    completion: read(wire, fields.COMPLETION, mends),
    total: read(wire, [fields.TOTAL], mends),
  };
  const prompt = given.prompt ?? rest(given.total, given.completion);
  const completion = given.completion ?? rest(given.total, prompt);
  if (given.prompt === undefined) mends.add('usage.prompt_tokens', `missing: now ${prompt}`);
  if (given.completion === undefined) mends.add('usage.completion_tokens', `missing: now ${completion}`);
  return { prompt, completion, total: given.total };
}

/** In the documented place this function has put them, and has added them to the prompt. */
function countCitationsBeside(found: Found | undefined, prompt: number): number {
  const isInPrompt = found?.path === fields.CITATION_TOKENS && found.count <= prompt;
  return isInPrompt ? 0 : (found?.count ?? 0);
}

function read(wire: Wire, names: readonly string[], mends: MendList): number | undefined {
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

/** A count of tokens; digits in a text count as well. */
export function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

interface Found {
  readonly path: fields.UsagePath;
  /** More than 0. */
  readonly count: number;
}

function find(wire: Wire, paths: readonly fields.UsagePath[]): Found | undefined {
  for (const path of paths) {
    const count = readCountAt(wire, path) ?? 0;
    if (count > 0) return { path, count };
  }
  return undefined;
}

function readCountAt(wire: Wire, [holder, field]: fields.UsagePath): number | undefined {
  if (field === undefined) return countOf(wire[holder]);
  const details = wire[holder];
  return isRecord(details) ? countOf(details[field]) : undefined;
}

function classifyCacheNames(wire: Wire): CacheNames {
  if (find(wire, fields.CACHE_BESIDE_PROMPT) === undefined) return 'inside';
  return (countOf(wire['prompt_tokens']) ?? 0) > 0 ? 'unclear' : 'beside';
}

/** The fields beside the three counts, in the server's order. */
function readOthers(wire: Wire, mends: MendList): Map<string, unknown> {
  const others = new Map<string, unknown>();
  for (const name of Object.keys(wire)) {
    if (!COUNTED.has(name) && wire[name] !== null) others.set(name, details(wire[name], name, mends));
  }
  return others;
}

/** Puts a count where it is documented, at `path`. `max`: what the count is a part of. */
function fill(
  others: Map<string, unknown>,
  path: readonly [holder: string, field: string],
  { found, max, mends }: { readonly found: Found | undefined; readonly max: number; readonly mends: MendList },
): void {
  if (found === undefined) return;
  const [holder, field] = path;
  const name = path.join('.');
  const from = found.path.join('.');
  const count = Math.min(found.count, max);
  if (count < found.count) mends.add(`usage.${from}`, `${found.count}, more than it is a part of: now ${count}`);
  if (from !== name) mends.add(`usage.${from}`, `read as ${name}`);
  const before = others.get(holder);
  if (isRecord(before) && before[field] === count) return;
  others.set(holder, { ...(isRecord(before) && before), [field]: count });
}

function correctCount(
  name: string,
  { was, is }: { readonly was: number; readonly is: number },
  mends: MendList,
): number {
  if (is !== was) mends.add(`usage.${name}`, `${was}, with what is counted beside it: now ${is}`);
  return is;
}

function totalOf(total: number | undefined, sum: number, mends: MendList): number {
  if (total === sum) return total;
  const was = total === undefined ? 'missing' : `${total}, less than its parts`;
  mends.add('usage.total_tokens', `${was}: now their sum`);
  return sum;
}

/** The documented details are objects of counts; what is none would spoil every sum that it enters. */
function details(value: unknown, path: string, mends: MendList): unknown {
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
function isClean(value: Wire): boolean {
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (field === null || field === undefined || countIn(name, field) !== field) return false;
  }
  return true;
}
