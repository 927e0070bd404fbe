import { isRecord } from '../base/json.ts';
import { type CacheNames, divideBilledTokens } from './billed-tokens.ts';
import type { RepairList } from './repair-list.ts';
import type { CompletionUsage } from './response.ts';
import * as fields from './usage-fields.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Whether any count is above 0. Some servers send zeros in every chunk, or in place of a count. */
export function hasCounts(usage: unknown): usage is Record<string, unknown> {
  return isRecord(usage) && COUNTS.some((name) => (readCount(usage[name]) ?? 0) > 0);
}

const COUNTS: readonly string[] = [...fields.PROMPT, ...fields.COMPLETION, fields.TOTAL];
const COUNTED: ReadonlySet<string> = new Set(COUNTS);

/**
 * Reads the billed tokens, under any known names, into the documented form: `prompt_tokens` includes tokens read from or written to
 * the cache, `completion_tokens` includes reasoning, `total_tokens` is their sum, and the details are filled. The server's own fields
 * stay.
 */
export function readUsage(wire: Wire, repairs: RepairList): CompletionUsage {
  const counts = readCounts(wire, repairs);
  const found = {
    cacheReads: findCount(wire, fields.CACHE_READS),
    cacheWrites: findCount(wire, fields.CACHE_WRITES),
    citations: findCount(wire, fields.CITATIONS),
    reasoning: findCount(wire, fields.REASONING),
  };
  const billed = divideBilledTokens({
    ...counts,
    cacheReads: found.cacheReads?.count ?? 0,
    cacheWrites: found.cacheWrites?.count ?? 0,
    cacheNames: classifyCacheNames(wire),
    citations: countCitationsBeside(found.citations, counts.prompt),
    reasoning: found.reasoning?.count ?? 0,
  });
  const others = readOthers(wire, repairs);
  fillCount(others, fields.CACHED_TOKENS, { found: found.cacheReads, max: billed.prompt, repairs });
  fillCount(others, fields.CACHE_WRITE_TOKENS, { found: found.cacheWrites, max: billed.prompt, repairs });
  fillCount(others, fields.CITATION_TOKENS, { found: found.citations, max: billed.prompt, repairs });
  fillCount(others, fields.REASONING_TOKENS, { found: found.reasoning, max: billed.completion, repairs });
  return {
    prompt_tokens: correctCount('prompt_tokens', { was: counts.prompt, is: billed.prompt }, repairs),
    completion_tokens: correctCount('completion_tokens', { was: counts.completion, is: billed.completion }, repairs),
    total_tokens: correctTotal(counts.total, billed.prompt + billed.completion, repairs),
    ...(Object.fromEntries(others) as object),
  };
}

/** Reads the three counts. A missing one is computed from the others. */
function readCounts(wire: Wire, repairs: RepairList) {
  const given = {
    prompt: readDocumentedCount(wire, fields.PROMPT, repairs),
    completion: readDocumentedCount(wire, fields.COMPLETION, repairs),
    total: readDocumentedCount(wire, [fields.TOTAL], repairs),
  };
  const prompt = given.prompt ?? subtract(given.total, given.completion);
  const completion = given.completion ?? subtract(given.total, prompt);
  if (given.prompt === undefined) repairs.add('usage.prompt_tokens', `missing: now ${prompt}`);
  if (given.completion === undefined) repairs.add('usage.completion_tokens', `missing: now ${completion}`);
  return { prompt, completion, total: given.total };
}

/** Counts citations outside of the prompt. If they are in the documented field, an earlier reading has already added them to the prompt. */
function countCitationsBeside(found: FoundCount | undefined, prompt: number): number {
  const isInPrompt = found?.path === fields.CITATION_TOKENS && found.count <= prompt;
  return isInPrompt ? 0 : (found?.count ?? 0);
}

function readDocumentedCount(wire: Wire, names: readonly string[], repairs: RepairList): number | undefined {
  const [documented = ''] = names;
  // Fast path: almost every server uses the documented name.
  const count = wire[documented];
  if (typeof count === 'number' && count > 0 && readCount(count) !== undefined) return count;
  const present = names.filter((name) => readCount(wire[name]) !== undefined);
  // A count above 0 under another name is better than a 0.
  const name = present.find((each) => readCount(wire[each]) !== 0) ?? present[0];
  if (name === undefined) return undefined;
  if (typeof wire[name] === 'string') repairs.add(`usage.${name}`, 'a text, read as a number');
  if (name !== documented) repairs.add(`usage.${name}`, `read as ${documented}`);
  return readCount(wire[name]);
}

function subtract(total = 0, other = 0): number {
  return Math.max(0, total - other);
}

/** Reads a count of tokens, as a number or as a text of digits. */
export function readCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

interface FoundCount {
  readonly path: fields.UsagePath;
  /** Above 0. */
  readonly count: number;
}

function findCount(wire: Wire, paths: readonly fields.UsagePath[]): FoundCount | undefined {
  for (const path of paths) {
    const count = readCountAt(wire, path) ?? 0;
    if (count > 0) return { path, count };
  }
  return undefined;
}

function readCountAt(wire: Wire, [holder, field]: fields.UsagePath): number | undefined {
  if (field === undefined) return readCount(wire[holder]);
  const readDetails = wire[holder];
  return isRecord(readDetails) ? readCount(readDetails[field]) : undefined;
}

function classifyCacheNames(wire: Wire): CacheNames {
  if (findCount(wire, fields.CACHE_BESIDE_PROMPT) === undefined) return 'inside';
  return (readCount(wire['prompt_tokens']) ?? 0) > 0 ? 'unclear' : 'outside';
}

/** Reads the fields other than the three counts, in the server's order. */
function readOthers(wire: Wire, repairs: RepairList): Map<string, unknown> {
  const others = new Map<string, unknown>();
  for (const name of Object.keys(wire)) {
    if (!COUNTED.has(name) && wire[name] !== null) others.set(name, readDetails(wire[name], name, repairs));
  }
  return others;
}

/** Writes a count to its documented field, `path`. `max` is the count that it is a part of. */
function fillCount(
  others: Map<string, unknown>,
  path: readonly [holder: string, field: string],
  {
    found,
    max,
    repairs,
  }: { readonly found: FoundCount | undefined; readonly max: number; readonly repairs: RepairList },
): void {
  if (found === undefined) return;
  const [holder, field] = path;
  const name = path.join('.');
  const from = found.path.join('.');
  const count = Math.min(found.count, max);
  if (count < found.count) repairs.add(`usage.${from}`, `${found.count}, more than it is a part of: now ${count}`);
  if (from !== name) repairs.add(`usage.${from}`, `read as ${name}`);
  const before = others.get(holder);
  if (isRecord(before) && before[field] === count) return;
  others.set(holder, { ...(isRecord(before) && before), [field]: count });
}

function correctCount(
  name: string,
  { was, is }: { readonly was: number; readonly is: number },
  repairs: RepairList,
): number {
  if (is !== was) repairs.add(`usage.${name}`, `${was}, with what is counted beside it: now ${is}`);
  return is;
}

function correctTotal(total: number | undefined, sum: number, repairs: RepairList): number {
  if (total === sum) return total;
  const was = total === undefined ? 'missing' : `${total}, less than its parts`;
  repairs.add('usage.total_tokens', `${was}: now their sum`);
  return sum;
}

/** Keeps only counts in the documented details, because any other value would corrupt a sum. */
function readDetails(value: unknown, path: string, repairs: RepairList): unknown {
  if (!isRecord(value) || !path.endsWith('_tokens_details')) return value;
  if (isClean(value)) return value;
  const counts = new Map<string, unknown>();
  for (const [name, field] of Object.entries(value)) {
    const count = countIn(name, field);
    if (field !== null && count !== field) {
      repairs.add(`usage.${path}.${name}`, count === undefined ? 'no count, left out' : 'a text, read as a number');
    }
    if (count !== undefined && count !== null) counts.set(name, count);
  }
  return Object.fromEntries(counts);
}

function countIn(name: string, field: unknown): unknown {
  return name.endsWith('_tokens') ? readCount(field) : field;
}

/** Whether the details need no repair. */
function isClean(value: Wire): boolean {
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (field === null || field === undefined || countIn(name, field) !== field) return false;
  }
  return true;
}
